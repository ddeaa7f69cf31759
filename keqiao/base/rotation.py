"""Everything that is stored encrypted, by name, so that a new key reaches all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from keqiao.base.encryption import EncryptionProblem, decrypt, encrypt, key_ring

ROWS_AT_ONCE = 200


@dataclass
class Renewed:
    """What one portion or a whole store came to: the last row looked at, None at the end."""

    renewed: int = 0
    unreadable: int = 0
    behind: int | None = None


@dataclass(frozen=True)
class SealedStore:
    """One place of encrypted values: renews a portion of those after row `behind`, committed."""

    name: str
    renew_some: Callable[[int], Renewed]


@dataclass
class Report:
    """What a rotation did, and the keys that something still needs afterwards."""

    stores: dict[str, Renewed] = field(default_factory=dict)
    kept_under: dict[str, dict[str, int]] = field(default_factory=dict)


_finders: list[Callable[[], Iterable[SealedStore]]] = []
_leftovers: dict[str, Callable[[], Counter[str]]] = {}


def register_sealed(find: Callable[[], Iterable[SealedStore]]) -> None:
    """Name places of encrypted values; asked anew at every rotation."""
    _finders.append(find)


def register_kept(name: str, count: Callable[[], Counter[str]]) -> None:
    """Name values that cannot be encrypted anew; `count` tells how many need which key."""
    _leftovers[name] = count


def rotate(told: Callable[[str, int], None]) -> Report:
    """Bring everything under the newest key; broken off, the next call does what is left."""
    report = Report()
    for find in _finders:
        for store in find():
            report.stores[store.name] = _renew(store, told)
    report.kept_under = {name: dict(count()) for name, count in _leftovers.items()}
    return report


def _renew(store: SealedStore, told: Callable[[str, int], None]) -> Renewed:
    total, behind = Renewed(), 0
    while True:
        part = store.renew_some(behind)
        total.renewed += part.renewed
        total.unreadable += part.unreadable
        if part.behind is None:
            return total
        behind = part.behind
        told(store.name, total.renewed)


def under_older_key(column: str) -> Q:
    """Return the condition for tokens in a column that another key than the newest has made."""
    filled = ~Q((column, "")) & Q((f"{column}__isnull", False))
    return filled & ~Q((f"{column}__startswith", f"{key_ring()[0][0]}:"))


def column_store(name: str, rows: QuerySet[Model], column: str, context: str) -> SealedStore:
    """Return the store of a plain text column that holds one token, outside of records."""

    def renew_some(behind: int) -> Renewed:
        with transaction.atomic():
            open_rows = rows.filter(under_older_key(column), pk__gt=behind).order_by("pk")
            part = list(open_rows.select_for_update()[:ROWS_AT_ONCE])
            done = Renewed(behind=part[-1].pk if part else None)
            changed = []
            for row in part:
                try:
                    text = decrypt(getattr(row, column), context)
                except EncryptionProblem:
                    done.unreadable += 1
                    continue
                setattr(row, column, encrypt(text, context))
                changed.append(row)
            rows.bulk_update(changed, [column])
            done.renewed = len(changed)
        return done

    return SealedStore(name, renew_some)
