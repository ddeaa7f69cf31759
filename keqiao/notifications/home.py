"""What notices add to the start page: records newly given to the person, and who asks for him by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.notifications.reading import MOST_COUNTED, unread
from keqiao.ui.home_counters import Counter, register_counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keqiao.access.access import Access


def _new(access: Access) -> Iterator[Counter]:
    labels = {
        "assigned": (_("Newly given to me"), "user-share"),
        "mention": (_("I am mentioned"), "at"),
    }
    for kind, (label, icon) in labels.items():
        found = unread(access).filter(kind=kind).order_by("-id").values_list("pk", flat=True)
        ids = list(found[:MOST_COUNTED])
        newest = ids[0] if ids else 0
        yield Counter(
            label, len(ids), f"/notices/?show=unread&kind={kind}", icon,
            text="99+" if len(ids) == MOST_COUNTED else "",
            handled_url="/notices/read/", handled=(("kind", kind), ("until", str(newest))),
        )  # fmt: skip


def register() -> None:
    register_counter(_new, order=20)
