"""How a person wishes to be told: the own choice, else the company's, else that of the kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q
from django.utils import timezone

from keqiao.notifications.kinds import Channel
from keqiao.notifications.models import NoticePreference

if TYPE_CHECKING:
    from keqiao.notifications.kinds import NoticeKind

DIGEST_HOUR = 8
QUIET_FROM, QUIET_TO = 22 * 60, 7 * 60
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Wishes:
    """What holds for one person."""

    own: Mapping[str, list[str]]
    company: Mapping[str, list[str]]
    digest_hour: int = DIGEST_HOUR
    quiet_from: int | None = QUIET_FROM  # minutes after midnight; None: no quiet hours
    quiet_to: int | None = QUIET_TO
    time_zone: str = ""
    is_own: bool = False

    def channels(self, kind: NoticeKind) -> frozenset[Channel]:
        for chosen in (self.own, self.company):
            if kind.key in chosen:
                return frozenset(Channel(one) for one in chosen[kind.key] if one in set(Channel))
        return frozenset(kind.default_channels)

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone or timezone.get_default_timezone_name())
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(timezone.get_default_timezone_name())

    def is_quiet(self, moment: datetime) -> bool:
        """Tell whether this is a time at which the person is left alone."""
        start, end = self.quiet_from, self.quiet_to
        if start is None or end is None or start == end:
            return False
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if start < end:
            return start <= minute < end
        return minute >= start or minute < end  # over midnight

    def digest_slot(self, moment: datetime) -> datetime:
        """Return the latest planned moment of a digest that is not after the given one."""
        local = moment.astimezone(self.zone)
        planned = self._planned(local.date())
        return planned if planned <= moment else self._planned(local.date() - timedelta(days=1))

    def digest_day(self, slot: datetime) -> date:
        return slot.astimezone(self.zone).date()

    def _planned(self, day: date) -> datetime:
        return datetime.combine(day, clock_time(self.digest_hour), tzinfo=self.zone)


def company_wishes() -> Wishes:
    return _wishes(None, NoticePreference.objects.filter(is_company=True).first())


def wishes_of(user_ids: Iterable[int]) -> dict[int, Wishes]:
    """Return the wishes of each person; one query for all."""
    wanted = list(user_ids)
    rows = list(NoticePreference.objects.filter(Q(user_id__in=wanted) | Q(is_company=True)))
    company = next((row for row in rows if row.is_company), None)
    own = {row.user_id: row for row in rows if row.user_id is not None}
    return {user_id: _wishes(own.get(user_id), company) for user_id in wanted}


def _wishes(own: NoticePreference | None, company: NoticePreference | None) -> Wishes:
    own_channels = own.channels if own else {}
    company_channels = company.channels if company else {}
    row = own or company
    if row is None:
        return Wishes(own_channels, company_channels)
    return Wishes(
        own_channels,
        company_channels,
        digest_hour=row.digest_hour,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        time_zone=row.time_zone,
        is_own=own is not None,
    )


def keep_wishes(user_id: int | None, wishes: Wishes) -> None:
    """Store a person's own choice (None: the company's default)."""
    values = {
        "channels": dict(wishes.own if user_id is not None else wishes.company),
        "digest_hour": wishes.digest_hour,
        "quiet_from": wishes.quiet_from,
        "quiet_to": wishes.quiet_to,
        "time_zone": wishes.time_zone,
    }
    if user_id is None:
        NoticePreference.objects.update_or_create(is_company=True, defaults=values)
    else:
        NoticePreference.objects.update_or_create(user_id=user_id, defaults=values)


def forget_wishes(user_id: int) -> None:
    """Go back to the company's default."""
    NoticePreference.objects.filter(user_id=user_id).delete()
