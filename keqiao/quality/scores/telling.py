"""Tells people about the figures: a score that falls, scores kept wrong, and a letter every Monday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy, gettext_noop

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.words import say
from keqiao.catalog.words import things
from keqiao.notifications.kinds import WORK, Channel, NoticeKind, register_notice
from keqiao.notifications.notify import notify
from keqiao.quality.scores.arithmetic import GOAL
from keqiao.quality.scores.expectations import measured_types
from keqiao.quality.scores.figures import day_before, figures_of, latest_day, seen_types, sight
from keqiao.quality.scores.models import Grouping, QualityDay

if TYPE_CHECKING:
    from datetime import date

    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.recount import Counted

FELL_BY = 1.0  # points within a week
ADDRESS = "/quality/desk/?object={}"


def register() -> None:
    register_notice(
        NoticeKind(
            "quality_fell", gettext_lazy("The quality of the data falls"), "quality",
            (Channel.APP, Channel.DIGEST), WORK, "shield-check", 85,
        )
    )  # fmt: skip
    register_notice(
        NoticeKind(
            "quality_week", gettext_lazy("The quality of the data, every Monday"), "quality",
            (Channel.APP, Channel.MAIL), WORK, "shield-check", 86,
        )
    )  # fmt: skip


def _administrators() -> list[User]:
    return list(User.objects.filter(is_administrator=True, is_active=True))


def tell_if_it_fell(declared: ObjectType, day: date) -> bool:
    """Tell the administrators when the mean score fell within a week or dropped below the goal."""
    score, earlier = _whole(declared, day), day_before(declared, day)
    before = _whole(declared, earlier) if earlier else None
    if score is None or before is None:
        return False
    if before - score < FELL_BY and not (before >= GOAL > score):
        return False
    notify(
        _administrators(),
        "quality_fell",
        title=say(
            gettext_noop("The quality of %(things)s fell from %(before)s to %(score)s"),
            things=things(declared.key), before=f"{before:.1f}", score=f"{score:.1f}",
        ),
        url=ADDRESS.format(declared.key),
        dedup_key=f"quality-fell:{declared.key}:{day:%G-%V}",
    )  # fmt: skip
    return True


def _whole(declared: ObjectType, day: date) -> float | None:
    row = QualityDay.objects.filter(object_key=declared.key, day=day, grouping=Grouping.ALL).first()
    return row.points / row.measured if row is not None and row.measured else None


def tell_differences(declared: ObjectType, found: Counted, day: date) -> None:
    """Tell the administrators that scores had been kept wrong: a way of writing forgot to measure."""
    if not found.differences:
        return
    notify(
        _administrators(),
        "system",
        title=say(
            gettext_noop("%(count)s quality scores of %(things)s had been kept wrong"),
            count=found.differences, things=things(declared.key),
        ),
        body=say(
            gettext_noop(
                "They are right again. Please report it to whoever develops Keqiao with these"
                " numbers of records: %(examples)s."
            ),
            examples=", ".join(map(str, found.examples)),
        ),
        url=ADDRESS.format(declared.key),
        dedup_key=f"quality-differs:{declared.key}:{day}",
    )  # fmt: skip


def weekly_letters(day: date) -> int:
    """Tell everybody the figures of what he may see; return how many people were told."""
    days = {one.key: latest_day(one) for one in measured_types()}
    told = 0
    for user in User.objects.filter(is_active=True).iterator():
        lines = _lines(Access.for_user(user), days)
        if lines:
            told += notify(
                [user], "quality_week",
                title=say(gettext_noop("The quality of your data: %(first)s"), first=lines[0]),
                body=_several(lines[1:]) if len(lines) > 1 else "",
                url="/quality/desk/", dedup_key=f"quality-week:{day:%G-%V}",
            )  # fmt: skip
    return told


def _lines(access: Access, days: dict[str, date | None]) -> list[Any]:
    lines = []
    for declared in seen_types(access):
        seen, day = sight(access, declared), days.get(declared.key)
        if seen is None or day is None:
            continue
        figures = figures_of(declared, seen, day)
        if figures.score is None:
            continue
        earlier = day_before(declared, day)
        before = figures_of(declared, seen, earlier).score if earlier else None
        lines.append(_line(declared, figures.score, before))
    return lines


def _line(declared: ObjectType, score: float, before: float | None) -> Any:
    given = {"things": things(declared.key), "score": f"{score:.1f}", "goal": GOAL}
    if before is None:
        return say(gettext_noop("%(things)s %(score)s (goal %(goal)s)"), **given)
    return say(
        gettext_noop("%(things)s %(score)s (%(change)s against the week before, goal %(goal)s)"),
        change=f"{score - before:+.1f}",
        **given,
    )


def _several(lines: list[Any]) -> Any:
    joined = lines[0]
    for one in lines[1:]:
        joined = say(gettext_noop("%(first)s; %(second)s"), first=joined, second=one)
    return joined
