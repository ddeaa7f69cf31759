"""Fills an installation with invented people and customers, through the same write path as real ones."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import get_current_timezone

from keqiao.access.access import Access
from keqiao.access.directory import add_department, add_user, name_head
from keqiao.access.models import Department, User
from keqiao.access.roles import ensure_standard_roles
from keqiao.base.batches import batched
from keqiao.base.bulk_room import bulk_room
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.customers.demo import Person, customers, departments, leads, people
from keqiao.customers.demo_practice import practice
from keqiao.customers.pool.demo import load_pools
from keqiao.records.drafts import DEMO, Draft, Outcome, Saved
from keqiao.records.save import save_records

DEMO_PASSWORD = "keqiao-demo"  # noqa: S105 - the published password of invented people
BATCH = 4_000
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Scale:
    """How much is invented: accounts, leads and sellers."""

    accounts: int
    leads: int
    sellers: int


SCALES = {
    "small": Scale(2_000, 400, 12),
    "100k": Scale(100_000, 10_000, 60),
    "1m": Scale(1_000_000, 50_000, 200),
}
PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A record that was just loaded, as those need it who invent what happened with it."""

    id: int
    created_at: datetime
    owner_id: int | None
    people: tuple[tuple[int, str], ...] = ()  # contacts: id and name
    who: str = ""


Part = Callable[[str, Sequence[Loaded]], None]


def load_demo(
    scale: str = "small",
    progress: Progress | None = None,
    *,
    seed: int = 1,
    parts: Sequence[Part] = (),
    until: datetime | None = None,
) -> dict[str, Any]:
    """Load people, accounts, contacts and leads; return what was made and how long it took.

    Each of `parts` is called with every batch, to load what belongs to these records.
    """
    size = SCALES[scale]
    begun = time.perf_counter()
    staff = people(size.sellers)
    owners = load_staff(staff)
    loader = _Loader(owners, progress or (lambda done, total, note: None), size, parts)
    until = until or now().replace(tzinfo=None)
    with rare_collection(), bulk_room(sync_each_commit=False):
        loader.load_customers(seed, until, staff)
        loader.load_leads(seed + 1, until, staff)
    if scale == "small":
        loader.made |= load_pools(owners)
    return {
        "scale": scale,
        "users": len(owners),
        **loader.made,
        "refused": loader.refused,
        "seconds": round(time.perf_counter() - begun, 1),
    }


def load_practice(*, until: datetime | None = None) -> dict[str, Any]:
    """Load the list a colleague left behind, to practise on; return what was made as `load_demo`."""
    begun = time.perf_counter()
    staff = people(SCALES["small"].sellers)
    owners = load_staff(staff)
    found = practice(until or now().replace(tzinfo=None))
    size = Scale(len(found.accounts), len(found.leads), len(staff))
    loader = _Loader(owners, lambda done, total, note: None, size, ())
    ids = loader.save("account", found.accounts)
    account_of: dict[int, int] = {}
    for one, pk in zip(found.accounts, ids, strict=True):
        if pk is not None:
            account_of.setdefault(one["ref"], pk)
    for contact in found.contacts:
        contact["values"]["account"] = account_of[contact["account_ref"]]
    loader.save("contact", found.contacts)
    loader.save("lead", found.leads)
    return {
        "scale": PRACTICE,
        "users": len(owners),
        **loader.made,
        "refused": loader.refused,
        "seconds": round(time.perf_counter() - begun, 1),
    }


def load_staff(staff: Sequence[Person]) -> dict[str, int]:
    """Make the departments and people that are missing; return user ids by sign-in name."""
    made: dict[str, Department] = {}
    for line in departments():
        parent = made.get(line["parent"] or "")
        existing = Department.objects.filter(name=line["name"], parent=parent).first()
        made[line["key"]] = existing or add_department(line["name"], parent)
    roles = ensure_standard_roles()
    owners = dict(User.objects.values_list("username", "pk"))
    password = ""
    for person in staff:
        if person.username in owners:
            continue
        user = add_user(
            person.username,
            person.name,
            None,
            department=made[person.department],
            roles=[roles[person.role]] if person.role in roles else [],
            is_administrator=person.role == "administrator",
        )
        if not password:
            user.set_password(DEMO_PASSWORD)
            password = user.password
        # One hash for all invented people: each costs a quarter of a second.
        user.password = password
        user.save(update_fields=["password"])
        owners[person.username] = user.pk
    for person in staff:
        if person.role == "manager" and made[person.department].head_id is None:
            made[person.department].head_id = owners[person.username]
            name_head(made[person.department], User.objects.get(pk=owners[person.username]))
    return owners


class _Loader:
    """Saves batches of invented records and counts them."""

    def __init__(
        self, owners: dict[str, int], progress: Progress, size: Scale, parts: Sequence[Part]
    ) -> None:
        self.access = Access.system("load demo data")
        self.source = DEMO
        self.owners = owners
        self.progress = progress
        self.size = size
        self.parts = parts
        self.made = {"accounts": 0, "contacts": 0, "leads": 0}
        self.refused = 0

    def load_customers(self, seed: int, until: datetime, staff: Sequence[Person]) -> None:
        made = customers(self.size.accounts, seed=seed, until=until, staff=staff)
        for batch in batched(made, BATCH):
            ids = self.save("account", [account for account, _contacts in batch])
            contacts = []
            for (_account, its_contacts), account_id in zip(batch, ids, strict=True):
                for contact in its_contacts if account_id else ():
                    contact["values"]["account"] = account_id
                    contacts.append(contact)
            people = self.save("contact", contacts)
            self.tell("account", [one for one, _contacts in batch], ids, contacts, people)
            self.progress(self.made["accounts"], self.size.accounts, "accounts")

    def load_leads(self, seed: int, until: datetime, staff: Sequence[Person]) -> None:
        for batch in batched(leads(self.size.leads, seed=seed, until=until, staff=staff), BATCH):
            self.tell("lead", batch, self.save("lead", batch), [], [])
            self.progress(self.made["leads"], self.size.leads, "leads")

    def tell(
        self,
        key: str,
        made: Sequence[dict[str, Any]],
        ids: Sequence[int | None],
        contacts: Sequence[dict[str, Any]],
        contact_ids: Sequence[int | None],
    ) -> None:
        """Hand what was loaded to the parts that add to it."""
        people: dict[int, list[tuple[int, str]]] = {}
        for contact, pk in zip(contacts, contact_ids, strict=True):
            if pk is not None:
                values = contact["values"]
                people.setdefault(values["account"], []).append((pk, values["name"]))
        loaded = [
            Loaded(
                pk,
                one["created_at"],
                self.owners[one["owner"]] if one["owner"] else None,
                tuple(people.get(pk, ())),
                one["values"].get("contact_name", ""),
            )
            for one, pk in zip(made, ids, strict=True)
            if pk is not None
        ]
        for part in self.parts:
            part(key, loaded)

    def save(self, key: str, made: Sequence[dict[str, Any]]) -> list[int | None]:
        """Save one batch; return the id of each, None where it was refused."""
        drafts, zone = [], get_current_timezone()
        for one in made:
            values = one["values"]
            if one["owner"]:
                values["owner"] = self.owners[one["owner"]]
            drafts.append(Draft(values, recorded_at=one["created_at"].replace(tzinfo=zone)))
        outcomes = save_records(
            self.access, object_type(key), drafts, source=self.source, allow_duplicates=True
        )
        return self._counted(key, outcomes)

    def _counted(self, key: str, outcomes: Sequence[Outcome]) -> list[int | None]:
        ids = [one.record_id if isinstance(one, Saved) else None for one in outcomes]
        saved = sum(one is not None for one in ids)
        self.made[f"{key}s"] += saved
        gc.collect(0)
        self.refused += len(ids) - saved
        return ids


@contextmanager
def rare_collection() -> Iterator[None]:
    """Look for circular garbage once a batch instead of all the time: an eighth less work."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
