"""Makes a task of a question: values of a record that its owner should verify again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.activities.task import TASK
from keqiao.base.clock import now
from keqiao.catalog.pointer import pointer
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.freshness.asking import EVENT
from keqiao.records.drafts import Draft, Source
from keqiao.records.outbox import on
from keqiao.records.query import records
from keqiao.records.save import save_records
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.records.models import Event

DAYS = 7  # to do it in
# A worker that was off for long does not bury people in what it missed.
NEWS = timedelta(days=2)


@on(f"*.{EVENT}")
def verify_task(event: Event) -> None:
    """Give the owner a task about the record; an event that comes twice makes one task."""
    owner = User.objects.filter(pk=event.data.get("owner"), is_active=True).first()
    if owner is None or event.at < now() - NEWS:
        return
    about, access = pointer(event.object_key, event.record_id), Access.system("values to verify")
    mark = f"verify:{event.pk}"
    try:
        declared = object_type(event.object_key)
    except UnknownObject:
        return
    made = records(access, TASK).filter(about=about, source=mark)
    if made.exists() or not records(access, declared).filter(pk=event.record_id).exists():
        return
    fields = declared.fields()
    with override(owner.language):
        names = [sentence(fields[name].label) for name in event.data["fields"] if name in fields]
        title = _("Please verify: %(fields)s") % {"fields": _(", ").join(names)}
        body = _("Not confirmed for long. Ask the customer, then press “Verified again” on the tab"
                 " “Quality” of the record, or enter what holds now.")  # fmt: skip
    draft = Draft(
        {
            "name": title[:200],
            "about": about,
            "at": (now() + timedelta(days=DAYS)).isoformat(),
            "owner": owner.pk,
            "body": body,
        }
    )
    save_records(access, TASK, [draft], source=Source(mark))
