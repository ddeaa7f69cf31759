"""How much waits for a person at the desk: in the menu on every page, and on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from keqiao.quality.queue.sources import COUNT_STOPS_AT, queue_sources
from keqiao.ui.home_counters import Counter, register_counter
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keqiao.access.access import Access

ADDRESS = "/quality/queue/"
GROUP = _("Data quality")
KEPT_SECONDS = 60  # how long a colleague's decision may be missing from the number in the menu


def waiting_by_source(access: Access) -> dict[str, int]:
    """Return how many items wait for this person in each source, remembered for a minute."""
    key = _key(access)
    found: dict[str, int] | None = cache.get(key)
    if found is None:
        found = {source.key: source.count(access) for source in queue_sources(access)}
        cache.set(key, found, KEPT_SECONDS)
    return found


def forget_waiting(access: Access) -> None:
    """Count anew for somebody who has just decided something."""
    cache.delete(_key(access))


def _key(access: Access) -> str:
    return f"queue-waiting:{access.user_id}"


def count_text(count: int) -> str:
    return f"{COUNT_STOPS_AT}+" if count > COUNT_STOPS_AT else f"{count:,}"


def _badge(access: Access) -> str:
    total = sum(waiting_by_source(access).values())
    return count_text(total) if total else ""


def _counter(access: Access) -> Iterable[Counter]:
    for source in queue_sources(access):
        count = waiting_by_source(access).get(source.key, 0)
        yield Counter(
            source.label, count, source.url, source.icon, count_text(count), is_quiet=True
        )


def register() -> None:
    register_entry(
        MenuEntry(
            "queue", _("To decide"), "list-details", ADDRESS, group=GROUP, order=560,
            is_visible=lambda access: bool(queue_sources(access)), badge=_badge,
        )
    )  # fmt: skip
    register_counter(_counter, order=300)
    register_guide("review", "quality/queue/")
    register_guide("review", "quality/review/")
