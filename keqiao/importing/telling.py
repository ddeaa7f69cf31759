"""Tells a person that the own list has been checked or imported, with what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.notifications.notify import notify

if TYPE_CHECKING:
    from keqiao.base.words import Words
    from keqiao.importing.models import ImportRun

# Until then the person still watches the progress.
QUICK = timedelta(seconds=10)


def tell_imported(run: ImportRun, begun: datetime) -> None:
    """Tell that the rows are in; called in the transaction that ends the import."""
    if run.user_id is None:
        return
    title = say(
        gettext_noop("%(file)s is imported: %(created)s new, %(updated)s updated"),
        file=run.file_name,
        created=run.created,
        updated=run.updated,
    )
    _tell(run, title, begun, run.errors + run.duplicates)


def tell_checked(run: ImportRun, begun: datetime) -> None:
    """Tell that a long check is over and the import can begin; a quick one was watched."""
    if run.user_id is None or now() - begun < QUICK:
        return
    title = say(
        gettext_noop("%(file)s is checked and can be imported: %(count)s rows"),
        file=run.file_name,
        count=run.rows_read,
    )
    _tell(run, title, begun, run.errors + run.duplicates)


def _tell(run: ImportRun, title: Words, begun: datetime, left: int) -> None:
    notify(
        [run.user_id or 0],
        "import_finished",
        title=title,
        body=say(gettext_noop("Rows that need your hand: %(count)s"), count=left) if left else "",
        url=f"/import/{run.pk}/",
        dedup_key=f"import:{run.pk}:{run.job_id}",
        seen=now() - begun < QUICK,
    )
