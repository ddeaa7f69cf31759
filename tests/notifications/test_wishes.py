"""When a person is left alone, when the digest is due, and whose choice of channels holds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from keqiao.notifications.kinds import Channel, notice_kind
from keqiao.notifications.models import NoticePreference
from keqiao.notifications.preferences import Wishes, company_wishes, keep_wishes, wishes_of
from tests.company import Company

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "end", "moment", "quiet"),
    [
        (22 * 60, 7 * 60, at(23, 59), True),
        (22 * 60, 7 * 60, at(0), True),
        (22 * 60, 7 * 60, at(6, 59), True),
        (22 * 60, 7 * 60, at(7), False),
        (22 * 60, 7 * 60, at(21, 59), False),
        (22 * 60, 7 * 60, at(22), True),
        (12 * 60, 14 * 60, at(13), True),
        (12 * 60, 14 * 60, at(14), False),
        (12 * 60, 12 * 60, at(12), False),
        (None, None, at(3), False),
    ],
)
def test_quiet_hours_also_over_midnight(
    start: int | None, end: int | None, moment: datetime, quiet: bool
) -> None:
    wishes = Wishes({}, {}, quiet_from=start, quiet_to=end, time_zone="Asia/Shanghai")
    assert wishes.is_quiet(moment) is quiet
    assert wishes.is_quiet(moment.astimezone(UTC)) is quiet


def test_quiet_hours_and_digest_follow_the_clock_of_the_person() -> None:
    here = Wishes({}, {}, digest_hour=8, time_zone="Asia/Shanghai")
    berlin = Wishes({}, {}, digest_hour=8, time_zone="Europe/Berlin")
    assert (here.is_quiet(at(14)), berlin.is_quiet(at(13))) == (False, True)  # 06:00 in Berlin
    assert here.digest_slot(at(8)) == at(8)
    assert here.digest_slot(at(7, 59)) == at(8, day=19)
    assert berlin.digest_slot(at(14)).astimezone(SHANGHAI) == at(15, day=19)
    assert berlin.digest_slot(at(15)).astimezone(SHANGHAI) == at(15)


def test_an_unknown_time_zone_falls_back_to_that_of_the_product() -> None:
    assert Wishes({}, {}, time_zone="Mars/Olympus").zone.key == "Asia/Shanghai"


def test_own_choice_before_the_company_before_the_kind(company: Company) -> None:
    kind = notice_kind("mention")
    assert wishes_of([company.li.pk])[company.li.pk].channels(kind) == {Channel.APP, Channel.MAIL}
    keep_wishes(None, Wishes({}, {"mention": ["app", "digest"]}, digest_hour=9))
    keep_wishes(company.zhou.pk, Wishes({"mention": []}, {}, digest_hour=17))
    found = wishes_of([company.li.pk, company.zhou.pk])
    assert found[company.li.pk].channels(kind) == {Channel.APP, Channel.DIGEST}
    assert found[company.li.pk].digest_hour == company_wishes().digest_hour == 9
    assert found[company.zhou.pk].channels(kind) == frozenset()
    assert found[company.zhou.pk].digest_hour == 17
    assert found[company.zhou.pk].channels(notice_kind("due")) == {Channel.APP, Channel.DIGEST}


def test_the_company_has_one_choice(db: None) -> None:
    for hour in (9, 10):
        keep_wishes(None, Wishes({}, {}, digest_hour=hour))
    assert NoticePreference.objects.filter(is_company=True).count() == 1
    assert company_wishes().digest_hour == 10
