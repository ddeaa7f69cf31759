"""What background work is called in texts that are kept, and how its own texts are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django_tasks.exceptions import InvalidTaskError

from keqiao.base.words import Words, speaks
from keqiao.jobs import codec
from keqiao.jobs.backend import load_task
from keqiao.jobs.options import LeasedTask

if TYPE_CHECKING:
    from keqiao.jobs.models import Job

LONGEST = 200  # characters of one parameter, as of the plain text


def work(task_path: str) -> dict[str, str]:
    """A parameter: what a background task is called."""
    return {"work": task_path}


@speaks("work")
def _work(path: Any) -> str:
    """Return the declared title in the reader's language, or the function's name made readable."""
    try:
        task = load_task(path)
    except InvalidTaskError:
        task = None
    if isinstance(task, LeasedTask) and task.title:
        return str(task.title)
    return str(path).rpartition(".")[2].replace("_", " ").capitalize()


def kept_text(text: Words | str) -> tuple[str, str]:
    """Return a text as a job keeps it: as it reads now, and its words (empty for plain text)."""
    words = ""
    if isinstance(text, Words):
        words = json.dumps([text.msgid, _storable(text.parameters)], separators=(",", ":"))
    return codec.storable(str(text), LONGEST), words


def read_text(plain: str, words: str) -> Words | str:
    """Return what `kept_text` kept; text of before there were words stays as it was written."""
    try:
        msgid, parameters = json.loads(words)
        return Words(str(msgid), dict(parameters))
    except (ValueError, TypeError):
        return plain


def title_of(job: Job) -> Words | dict[str, str] | str:
    """Return what a text that speaks of the job takes as parameter."""
    return read_text(job.title, job.title_words) or work(job.task)


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _storable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value if isinstance(value, int | None) else codec.storable(str(value), LONGEST)
