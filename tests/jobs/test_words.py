"""Background work is called in the language of who reads of it, whoever started it and in which."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_noop, override

from keqiao.base.words import say
from keqiao.jobs import board
from keqiao.jobs.models import Job
from keqiao.jobs.options import with_options
from keqiao.jobs.words import kept_text, read_text, work
from tests.jobs import sample_tasks
from tests.jobs.conftest import only_job

pytestmark = pytest.mark.django_db


def enqueue(title: object) -> None:
    with_options(sample_tasks.add, title=title).enqueue(1, 1)  # type: ignore[arg-type]


def test_a_title_is_said_in_the_readers_language_words_in_words_too() -> None:
    inner = say(gettext_noop("Hand over from %(name)s"), name="老王")
    with override("en"):
        enqueue(say(gettext_noop("Undo: %(title)s"), title=inner))
    with override("en"):
        english = board.recent_jobs()[0].title
    with override("zh-hans"):
        chinese = board.recent_jobs()[0].title
    assert english == "Undo: Hand over from 老王"
    assert "老王" in chinese and "Undo" not in chinese and "Hand over" not in chinese


def test_what_the_work_tells_of_itself_is_said_so_as_well() -> None:
    enqueue("x")
    text, words = kept_text(say(gettext_noop("%(count)s left as they were"), count=1200))
    Job.objects.update(progress_note=text, progress_words=words)
    with override("en"):
        assert board.recent_jobs()[0].progress_note == "1,200 left as they were"
    with override("zh-hans"):
        assert "left" not in board.recent_jobs()[0].progress_note


def test_titles_of_before_there_were_words_stay_as_they_were_written() -> None:
    enqueue("移交：100% (%(name)s)")
    job = only_job()
    assert job.title_words == ""
    for language in ("zh-hans", "en"):
        with override(language):
            assert board.job_line(job.pk).title == "移交：100% (%(name)s)"


def test_work_without_a_title_of_its_own_is_called_by_its_task() -> None:
    enqueue("")
    job = only_job()
    line = board.job_line(job.pk)
    assert line.title == "Add two numbers"
    assert str(say("%(work)s", work=line.called)) == "Add two numbers"
    assert str(say("%(work)s", work=work("tests.jobs.gone.away_now"))) == "Away now"


def test_no_text_breaks_the_row_that_keeps_it() -> None:
    enqueue(
        say("%(file)s: %(other)s", file="a\x00b\ud800", other=say("%(deep)s", deep="\x00" * 400))
    )
    job = only_job()
    shown = board.job_line(job.pk).title
    assert shown.startswith("a\\x00b\\ud800: \\x00")
    shown.encode()
    for broken in ("{", "7", "[]", '["%(gone)s", {}]', '["x", 3]'):
        assert isinstance(str(read_text("as it was", broken)), str)
    assert str(read_text("as it was", "{")) == "as it was"
