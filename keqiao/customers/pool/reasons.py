"""Why a record goes back to the pool and what spares it; packages above add theirs (deals, contracts)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models.expressions import Combinable
    from django.utils.functional import Promise

    from keqiao.catalog.object_type import ObjectType, Related


@dataclass(frozen=True, kw_only=True)
class _Offered:
    """Which types of records something is offered for."""

    object_keys: frozenset[str] | None = None  # None: every type that can be pooled
    related: Related | None = None  # those that records of another type point to, once it exists

    def is_for(self, declared: ObjectType) -> bool:
        if self.related is not None and target_of(self.related) != declared.key:
            return False
        return self.object_keys is None or declared.key in self.object_keys


@dataclass(frozen=True, kw_only=True)
class ReturnReason(_Offered):
    """A clock that runs on a record, and the words for "it ran out after n days".

    `since` gives the moment the clock started as a database expression; empty: it does not run.
    `before` may give the same as a condition that indexes serve: "started before this moment".
    """

    key: str
    label: str | Promise  # with %(days)s
    since: Callable[[], Combinable]
    before: Callable[[datetime], Q] | None = None

    def text(self, days: int) -> str:
        return str(self.label) % {"days": days}


@dataclass(frozen=True, kw_only=True)
class ReturnExemption(_Offered):
    """Something that keeps records out of every rule of a pool that has it switched on."""

    key: str
    label: str | Promise
    condition: Callable[[], Q]


def target_of(related: Related) -> str:
    """Return the type of records that others point to ("account"); empty while there are no others."""
    try:
        pointer = object_type(related.object_key).builtin_fields.get(related.by)
    except UnknownObject:
        return ""
    return pointer.target if pointer else ""


_reasons: dict[str, ReturnReason] = {}
_exemptions: dict[str, ReturnExemption] = {}


def register_return_reason(reason: ReturnReason) -> ReturnReason:
    """Offer a reason in the rules of pools; packages above call this once at start-up."""
    _reasons[reason.key] = reason
    return reason


def register_return_exemption(exemption: ReturnExemption) -> ReturnExemption:
    """Offer something that spares records (an open opportunity)."""
    _exemptions[exemption.key] = exemption
    return exemption


def return_reason(key: str) -> ReturnReason | None:
    return _reasons.get(key)


def related_types() -> set[Related]:
    """Return by which fields records of other types decide about returns."""
    offered: list[_Offered] = [*_reasons.values(), *_exemptions.values()]
    return {one.related for one in offered if one.related is not None}


def return_reasons(declared: ObjectType) -> list[ReturnReason]:
    return [one for one in _reasons.values() if one.is_for(declared)]


def return_exemptions(declared: ObjectType) -> list[ReturnExemption]:
    return [one for one in _exemptions.values() if one.is_for(declared)]


# --- the clocks of the product itself -------------------------------------------------------------


def _followed_up() -> Combinable:
    """The follow-up clock: the last follow-up or the claim, whatever came later, else the start.

    A hand-over between colleagues is in none of the three, so it resets nothing.
    """
    return Greatest(
        Coalesce(F("last_activity_at"), F("created_at")),
        Coalesce(F("claimed_at"), F("created_at")),
        F("created_at"),
    )


def _followed_up_before(moment: datetime) -> Q:
    return (
        Q(created_at__lt=moment)
        & (Q(last_activity_at=None) | Q(last_activity_at__lt=moment))
        & (Q(claimed_at=None) | Q(claimed_at__lt=moment))
    )


def _claimed_without_follow_up() -> Combinable:
    return Case(
        When(Q(last_activity_at=None) | Q(last_activity_at__lt=F("claimed_at")), then="claimed_at"),
        default=Value(None),
        output_field=DateTimeField(),
    )


def _claimed_before(moment: datetime) -> Q:
    return Q(claimed_at__lt=moment) & (
        Q(last_activity_at=None) | Q(last_activity_at__lt=F("claimed_at"))
    )


def taken_over() -> Combinable:
    """Return when its present owner got a record: by claiming it, or when it was made."""
    return Greatest(Coalesce(F("claimed_at"), F("created_at")), F("created_at"))


def _taken_over_before(moment: datetime) -> Q:
    return Q(created_at__lt=moment) & (Q(claimed_at=None) | Q(claimed_at__lt=moment))


register_return_reason(
    ReturnReason(
        key="no_follow_up",
        label=_("no follow-up for %(days)s days"),
        since=_followed_up,
        before=_followed_up_before,
    )
)
register_return_reason(
    ReturnReason(
        key="not_begun",
        label=_("claimed, but no first follow-up within %(days)s days"),
        since=_claimed_without_follow_up,
        before=_claimed_before,
    )
)
register_return_reason(
    ReturnReason(
        key="not_converted",
        label=_("not converted within %(days)s days"),
        since=taken_over,
        before=_taken_over_before,
        object_keys=frozenset({"lead"}),
    )
)
