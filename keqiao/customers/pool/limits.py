"""How much one person may take and hold: claims a day and a week, capacity, pooled records opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.access.models import Department, User
from keqiao.base.clock import now, today
from keqiao.customers.pool.due import RULES, condition_of, is_broken
from keqiao.customers.pool.known import is_administrator, known
from keqiao.customers.pool.models import PoolCapacity, PoolMove, PoolView
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.query import records

if TYPE_CHECKING:
    from typing import Any

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool


@dataclass(frozen=True)
class Room:
    """How many records of a type are held, and how many may be."""

    held: int
    limit: int
    department: str = ""  # whose room it is; empty: the person's own

    @property
    def left(self) -> int:
        return max(0, self.limit - self.held)

    def __str__(self) -> str:
        return f"{self.held:,}/{self.limit:,}"


def lock_person(user_id: int) -> None:
    """Let two wishes of one person, or within one department, wait for each other.

    Without the key: whoever makes this person owner of something else does not have to wait.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    above = _departments_above(user_id)
    if above:
        rows = Department.objects.select_for_update(no_key=True).filter(pk__in=above)
        list(rows.order_by("pk").values_list("pk"))


def _departments_above(user_id: int) -> list[int]:
    """Return the person's department and all above it."""
    person = matrix().people.get(user_id)
    if person is None or person.department_id not in matrix().departments:
        return []
    path = matrix().departments[person.department_id][1]
    return [int(part) for part in path.strip("/").split("/") if part]


# --- claims a day and a week ---------------------------------------------------------------------


def claims_since(pool: Pool, user_id: int, moment: datetime) -> int:
    rows = PoolMove.objects.filter(
        pool=pool, actor_id=user_id, what=PoolMove.What.CLAIMED, at__gte=moment
    )
    return rows.count()


def midnight() -> datetime:
    day = today()
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def monday() -> datetime:
    day = today() - timedelta(days=today().weekday())
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def check_claims(pool: Pool, user_id: int, wanted: int) -> None:
    """Refuse more claims than the pool allows a person."""
    periods = (
        (pool.claims_per_day, midnight(), _("today"), _("tomorrow")),
        (pool.claims_per_week, monday(), _("this week"), _("next Monday")),
    )
    for limit, begin, period, following in periods:
        if limit is None:
            continue
        left = max(0, limit - claims_since(pool, user_id, begin))
        given = {
            "pool": pool.name, "limit": limit, "period": period, "next": following,
            "left": left, "wanted": wanted,
        }  # fmt: skip
        if left == 0:
            raise PoolRefusal(
                _(
                    "You have claimed %(limit)s from “%(pool)s” %(period)s, which is the most one"
                    " person may. You can claim again %(next)s."
                )
                % given,
                "claim_limit",
            )
        if wanted > left:
            raise PoolRefusal(
                _(
                    "You may claim %(left)s more from “%(pool)s” %(period)s and chose %(wanted)s."
                    " Please choose fewer."
                )
                % given,
                "claim_limit",
            )


def claims_left(access: Access, pool: Pool) -> int | None:
    """Return how many more this person may claim now; None: as many as there are."""
    left = []
    for limit, begin in ((pool.claims_per_day, midnight()), (pool.claims_per_week, monday())):
        if limit is not None:
            left.append(max(0, limit - claims_since(pool, access.user_id or 0, begin)))
    return min(left, default=None)


# --- how many somebody may hold ------------------------------------------------------------------


def rooms(declared: ObjectType, user_id: int) -> list[Room]:
    """Return the person's own room first, then that of the departments; empty: no limit."""
    found = []
    own = _own_capacity(declared, user_id)
    if own is not None:
        found.append(Room(_held(declared, Q(owner_id=user_id), own), own.limit))
    above = _departments_above(user_id)
    for one in known().capacities.get(declared.key, ()):
        if one.is_total and one.department_id in above:
            below = matrix().subtree(one.department_id)
            held = _held(declared, Q(team_id__in=below, owner__isnull=False), one)
            name = matrix().departments[one.department_id][0]
            found.append(Room(held, one.limit, name))
    return found


def own_room(access: Access, declared: ObjectType) -> Room | None:
    """Return what the header shows: 18/30."""
    if access.user_id is None:
        return None
    found = rooms(declared, access.user_id)
    return next((one for one in found if not one.department), None)


def _own_capacity(declared: ObjectType, user_id: int) -> PoolCapacity | None:
    """Return the closest capacity: the own one, of a role, of the department or above, of all."""
    roles, above = matrix().roles_of.get(user_id, ()), _departments_above(user_id)
    best: tuple[tuple[int, int], PoolCapacity] | None = None
    for one in known().capacities.get(declared.key, ()):
        if one.is_total:
            continue
        if one.user_id is not None:
            rank = (0, 0) if one.user_id == user_id else None
        elif one.role_id is not None:
            # Rights add up over roles, and so does room: the larger one counts.
            rank = (1, -one.limit) if one.role_id in roles else None
        elif one.department_id is not None:
            rank = (2, -above.index(one.department_id)) if one.department_id in above else None
        else:
            rank = (3, 0)
        if rank is not None and (best is None or rank < best[0]):
            best = (rank, one)
    return best[1] if best else None


def _held(declared: ObjectType, whose: Q, capacity: PoolCapacity) -> int:
    rows = records(RULES, declared).filter(whose)
    if capacity.not_counted and not is_broken(declared, capacity.not_counted):
        annotations: dict[str, Any] = {}
        left_out = condition_of(declared, capacity.not_counted, annotations)
        rows = rows.alias(**annotations).exclude(left_out)
    return rows.order_by().values("pk").count()


def check_room(declared: ObjectType, user_id: int, wanted: int, *, own: bool) -> None:
    """Refuse what a person or a department has no room for. Lock the person first."""
    name = matrix().people[user_id].name if user_id in matrix().people else ""
    for room in rooms(declared, user_id):
        if wanted <= room.left:
            continue
        given = {
            "name": name, "room": str(room), "left": room.left, "wanted": wanted,
            "department": room.department, "objects": declared.label_plural,
        }  # fmt: skip
        if room.department:
            text = _(
                "“%(department)s” holds %(room)s %(objects)s together: there is room for %(left)s"
                " more, not for %(wanted)s. Return some to the pool first, or ask an administrator"
                " for more room."
            )
        elif own:
            text = _(
                "You hold %(room)s %(objects)s: there is room for %(left)s more, not for"
                " %(wanted)s. Return some to the pool first, or ask an administrator for more room."
            )
        else:
            text = _(
                "%(name)s holds %(room)s %(objects)s: there is room for %(left)s more, not for"
                " %(wanted)s. Choose another colleague, or ask an administrator for more room."
            )
        raise PoolRefusal(text % given, "capacity")


# --- how many pooled records somebody may open ------------------------------------------------


def note_view(access: Access, pool: Pool, record_id: int) -> None:
    """Count a pooled record as opened today; refuse when the day's views are used up.

    Opening the same record again costs nothing.
    """
    if access.user_id is None or is_administrator(access, pool):
        return
    mine = PoolView.objects.filter(user_id=access.user_id, pool=pool, day=today())
    if mine.filter(record_id=record_id).exists():
        return
    with transaction.atomic():
        if pool.views_per_day is not None:
            lock_person(access.user_id)
            if mine.count() >= pool.views_per_day:
                raise PoolRefusal(_views_used_up(pool), "view_limit")
        made = PoolView(user_id=access.user_id, pool=pool, record_id=record_id, day=today())
        PoolView.objects.bulk_create([made], ignore_conflicts=True)


def _views_used_up(pool: Pool) -> str:
    text = _(
        "You have opened %(count)s of “%(pool)s” today, which is the most one person may. Claim from"
        " the list, or open more tomorrow."
    )
    return text % {"count": pool.views_per_day, "pool": pool.name}


def views_left(access: Access, pool: Pool) -> int | None:
    """Return how many more pooled records may be opened today; None: no limit."""
    if pool.views_per_day is None or is_administrator(access, pool):
        return None
    used = PoolView.objects.filter(user_id=access.user_id or 0, pool=pool, day=today()).count()
    return max(0, pool.views_per_day - used)


def still_cooling(pool: Pool, previous_owner: int | None, pooled_at: datetime, user_id: int) -> int:
    """Return how many days the previous owner must still wait; 0: none."""
    if not pool.cooldown_days or previous_owner != user_id:
        return 0
    return _days_left(pooled_at, pool.cooldown_days)


def still_fresh(pool: Pool, pooled_at: datetime) -> int:
    """Return how many days a newly pooled record must still lie there for everybody to see."""
    return _days_left(pooled_at, pool.fresh_days) if pool.fresh_days else 0


def _days_left(since: datetime, days: int) -> int:
    end = timezone.localtime(since).date() + timedelta(days=days)
    return max(0, (end - timezone.localtime(now()).date()).days)
