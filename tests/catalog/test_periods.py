"""Periods with a number of days of one's own: the same in every place that takes conditions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from keqiao.base.clock import today
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.relative_dates import (
    COUNTED_LABELS,
    days_apart,
    period,
    period_label,
    with_days,
)


def days(name: str) -> tuple[date | None, date | None]:
    start, end = period(name, as_moments=False)
    return start, end


def test_counted_periods_share_no_day_and_leave_none_out() -> None:
    now, one = today(), timedelta(days=1)
    for count in (0, 1, 45, 9999):
        before, past = days(f"over_{count}_days_ago"), days(f"past_{count}_days")
        coming, after = days(f"next_{count}_days"), days(f"in_over_{count}_days")
        assert before == (None, past[0]) and past[1] == now + one
        assert after == (coming[1], None) and coming[0] == now
        assert past[0] == now - count * one and coming[1] == now + (count + 1) * one


def test_a_number_goes_into_the_name_and_comes_out_again() -> None:
    for pattern in COUNTED_LABELS:
        name = with_days(pattern, " 045 ")
        assert days_apart(name) == (pattern, "45")
        assert "45" in period_label(name) and "#" not in period_label(name)
        for wrong in ("", "-1", "1.5", "many", "10000", "9" * 5000, "٣"):
            assert with_days(pattern, wrong) == ""
    assert with_days("today", "45") == "today"


@pytest.mark.parametrize(
    "name", ["past_days", "past_-1_days", "over_5_days", "in_past_5_days", "next_99999_days", "#"]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(FieldProblem):
        period(name, as_moments=True)
    assert period_label(name) == "" and days_apart(name) == ("", "")
