"""Months in a company, invented by the hundred: the product returns exactly what a plain model returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.claim import claim
from keqiao.customers.pool.known import known, pools_changed
from keqiao.customers.pool.models import Pool, PoolRule, ReturnWarning
from keqiao.customers.pool.release import release, set_lock
from keqiao.customers.pool.returning import return_to_pools
from keqiao.records.derived import write_derived
from keqiao.records.save import Saved
from tests.company import TEST, Company, make_all, save_one
from tests.customers.pools import make_pool, make_rule, stored

ACCOUNT = object_type("account")
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 11, 20)  # the months run over the change of year
RECORDS, DAYS, WARN = 4, 80, 2


@dataclass
class Plain:
    """One record as a person with a calendar and a pencil would keep it."""

    level: str
    begun: date
    owner: int | None
    followed: date | None = None
    claimed: date | None = None
    locked: bool = False
    pooled: bool = False
    moments: tuple[int, int] = (0, 0)  # hour of the last follow-up and of the claim, on one day


@dataclass
class Rules:
    by_level: dict[str, int]
    others: int | None
    unbegun: int | None
    on_since: date


def goes_back(one: Plain, rules: Rules, today: date) -> bool:
    """Tell by counting days whether the record lies in the pool this morning."""
    if one.pooled or one.owner is None or one.locked:
        return False
    if (today - rules.on_since).days <= WARN:
        return False
    idle = min((today - day).days - 1 for day in (one.followed, one.claimed, one.begun) if day)
    allowed = rules.by_level.get(one.level, rules.others)
    if allowed is not None and idle >= allowed:
        return True
    if rules.unbegun is None or one.claimed is None:
        return False
    not_begun = one.followed is None or (one.followed, one.moments[0]) < (
        one.claimed,
        one.moments[1],
    )
    return not_begun and (today - one.claimed).days - 1 >= rules.unbegun


days = st.integers(min_value=1, max_value=25)
rule_sets = st.builds(
    Rules,
    by_level=st.dictionaries(st.sampled_from("ABC"), days, max_size=3),
    others=st.none() | days,
    unbegun=st.none() | days,
    on_since=st.integers(min_value=-60, max_value=20).map(lambda n: FIRST + timedelta(days=n)),
)
deeds = st.tuples(
    st.integers(min_value=0, max_value=DAYS - 1),
    st.integers(min_value=1, max_value=23),
    st.sampled_from(
        ["follow", "follow", "hand over", "claim", "give back", "level", "lock", "unlock"]
    ),
    st.integers(min_value=0, max_value=RECORDS - 1),
    st.sampled_from("ABC"),
)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(rules=rule_sets, plan=st.lists(deeds, min_size=8, max_size=30))
def test_months_of_rules_agree_with_a_plain_model(
    rules: Rules, plan: list[tuple[int, int, str, int, str]], company: Company
) -> None:
    with transaction.atomic():
        Months(company, rules).live(plan)
        transaction.set_rollback(True)
    known.forget()


class Months:
    """The product and the plain model side by side, day by day."""

    def __init__(self, company: Company, rules: Rules) -> None:
        self.company, self.rules = company, rules
        self.pool: Pool = make_pool(
            members=[company.east], administrators=[company.wang], warn_days=WARN
        )
        for place, (level, count) in enumerate(rules.by_level.items()):
            fits = {"field": "level", "operator": "equals", "value": level}
            make_rule(self.pool, count, where=fits, position=place)
        if rules.others is not None:
            make_rule(self.pool, rules.others, position=9)
        if rules.unbegun is not None:
            make_rule(self.pool, rules.unbegun, "not_begun", position=10)
        PoolRule.objects.update(on_since=rules.on_since)
        pools_changed()
        with self.at(FIRST, 9):
            self.ids = make_all(
                "account", [{"level": "ABCA"[n]} for n in range(RECORDS)], owner=company.li
            )
        self.plain = [Plain("ABCA"[n], FIRST, company.li.pk) for n in range(RECORDS)]

    def at(self, day: date, hour: int, minute: int = 0) -> time_machine.travel:
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)
        return time_machine.travel(moment, tick=False)

    def live(self, plan: list[tuple[int, int, str, int, str]]) -> None:
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            if number:
                with self.at(day, 0, 30):
                    return_to_pools.call()
                for one in self.plain:
                    if goes_back(one, self.rules, day):
                        one.pooled, one.owner, one.locked = True, None, False
            self.compare(day)
            for _day, hour, deed, place, level in sorted(one for one in plan if one[0] == number):
                with self.at(day, hour):
                    self.do(deed, place, level, day, hour)

    def do(self, deed: str, place: int, level: str, day: date, hour: int) -> None:
        one, pk, company = self.plain[place], self.ids[place], self.company
        wang = Access.for_user(company.wang)
        if deed == "follow" and not one.pooled:
            write_derived(ACCOUNT, {pk: {"last_activity_at": now()}})
            one.followed, one.moments = day, (hour, one.moments[1])
        elif deed == "hand over" and not one.pooled:
            taker = company.wang if one.owner == company.li.pk else company.li
            assert isinstance(save_one(wang, "account", {"owner": taker.pk}, record_id=pk), Saved)
            one.owner = taker.pk
        elif deed == "claim" and one.pooled:
            assert claim(Access.for_user(company.li), self.pool, [pk], source=TEST).done
            one.owner, one.pooled, one.claimed = company.li.pk, False, day
            one.moments = (one.moments[0], hour)
        elif deed == "give back" and not one.pooled:
            owner = User.objects.get(pk=one.owner)
            if release(Access.for_user(owner), self.pool, [pk], "", source=TEST).done:
                one.owner, one.pooled, one.locked = None, True, False
        elif deed == "level" and not one.pooled:
            assert isinstance(save_one(wang, "account", {"level": level}, record_id=pk), Saved)
            one.level = level
        elif deed in {"lock", "unlock"} and not one.pooled:
            set_lock(wang, ACCOUNT, [pk], locked=deed == "lock", source=TEST)
            one.locked = deed == "lock"

    def compare(self, day: date) -> None:
        for one, pk in zip(self.plain, self.ids, strict=True):
            row = stored("account", pk)
            assert (row.pool_id is not None, row.owner_id) == (one.pooled, one.owner), (day, one)
            if row.returns_on is not None:
                assert row.returns_on > day, "what is due this morning has gone this night"
                promised = goes_back(one, self.rules, row.returns_on)
                early = goes_back(one, self.rules, row.returns_on - timedelta(days=1))
                assert promised and not early, (day, row.returns_on, one)
        told = ReturnWarning.objects.values_list("record_id", "owner_id", "returns_on")
        assert len(told) == len(set(told))
