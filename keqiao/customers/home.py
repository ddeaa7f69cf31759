"""What customers add to the start page: new leads, customers and contacts, and what returns to a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.customers.pool import forecast_page
from keqiao.ui.brief import Measure, register_measure
from keqiao.ui.home_counters import Counter, register_counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keqiao.access.access import Access


def _returning(access: Access) -> Iterator[Counter]:
    for declared, count in forecast_page.returning(access):
        label = _("%(objects)s soon back in the pool") % {"objects": declared.label_plural}
        yield Counter(
            label[:1].upper() + label[1:], count, f"/pool/forecast/?object={declared.key}", "pool",
            tone="today", is_quiet=True,
        )  # fmt: skip


def register() -> None:
    register_counter(_returning, order=40)
    for number, (key, label) in enumerate(
        (
            ("lead", gettext_lazy("New leads")),
            ("account", gettext_lazy("New customers")),
            ("contact", gettext_lazy("New contacts")),
        )
    ):
        register_measure(Measure(f"new_{key}", label, key, order=10 + number))
