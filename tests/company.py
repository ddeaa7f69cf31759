"""A small company to test with: the five demo personas, their departments, and made-up records."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from django.db import connection

from keqiao.access.access import Access
from keqiao.access.directory import add_department, add_user
from keqiao.access.models import Department, User
from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.catalog import state
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.records.save import Draft, Saved, Source, save_records

TEST = Source("test")
PASSWORD = "Kèqiáo-桥-2026"
SYSTEM = Access.system("test set-up")


@dataclass
class Company:
    """The personas: 李销售 (own), 周销售 (own, other team), 王经理 (subtree), 赵客服, 钱管理员, 孙审计."""

    east: Department
    west: Department
    li: User
    zhou: User
    wang: User
    zhao: User
    qian: User
    sun: User

    @property
    def everybody(self) -> list[User]:
        return [self.li, self.zhou, self.wang, self.zhao, self.qian, self.sun]


# What founding writes; `test_founding_again_gives_the_same_company` finds a table that is missing.
FOUNDED = (
    "access_department", "access_role", "access_roleright", "access_fieldright", "access_user",
    "access_user_roles", "catalog_stateversion",
)  # fmt: skip
_founded: dict[str, tuple[list[str], list[Any]]] = {}


def found_company() -> Company:
    """Found it by the product's own means the first time, and write the same rows ever after.

    Founding takes 160 queries, writing its rows 10; nearly every test starts with a company.
    """
    if User.objects.exists() or Department.objects.exists():
        return _found()
    if not _founded:
        company = _found()
        _founded.update({table: _rows_of(table) for table in FOUNDED})
        return company
    with connection.cursor() as cursor:
        for table, (columns, rows) in _founded.items():
            if table != "catalog_stateversion":
                names = ", ".join(f'"{name}"' for name in columns)
                marks = ", ".join(["%s"] * len(columns))
                insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608
                cursor.executemany(insert, rows)
    for name in (state.CATALOG, state.ACCESS):
        state.bump(name)
    people = {person.username: person for person in User.objects.select_related("department")}
    places = {place.name: place for place in Department.objects.all()}
    return Company(
        east=places["华东"],
        west=places["西南"],
        **{name: people[name] for name in ("li", "zhou", "wang", "zhao", "qian", "sun")},
    )


def _rows_of(table: str) -> tuple[list[str], list[Any]]:
    with connection.cursor() as cursor:
        # Parents were made before their children.
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608
        return [column[0] for column in cursor.description], cursor.fetchall()


def _found() -> Company:
    roles = ensure_standard_roles()
    head = add_department("总部")
    sales = add_department("销售部", head)
    east, west = add_department("华东", sales), add_department("西南", sales)
    service = add_department("客服部", head)
    set_field_right(roles["sales"], "contact", "id_number", Right.WRITE)
    set_field_right(roles["auditor"], "contact", "phone", Right.MASKED)
    set_field_right(roles["auditor"], "contact", "note", Right.HIDDEN)
    return Company(
        east=east,
        west=west,
        li=add_user("li", "李销售", PASSWORD, department=east, roles=[roles["sales"]]),
        zhou=add_user("zhou", "周销售", PASSWORD, department=west, roles=[roles["sales"]]),
        wang=add_user("wang", "王经理", PASSWORD, department=east, roles=[roles["manager"]]),
        zhao=add_user("zhao", "赵客服", PASSWORD, department=service, roles=[roles["service"]]),
        qian=add_user("qian", "钱管理员", PASSWORD, department=head, is_administrator=True),
        sun=add_user("sun", "孙审计", PASSWORD, department=head, roles=[roles["auditor"]]),
    )


_LINKED_SEEDS = count(100_000)


def sample_values(
    declared: ObjectType, seed: int = 1, given: Container[str] = ()
) -> dict[str, Any]:
    """Return raw values for every field a person may fill in; required links get a new record."""
    rng = Random(seed * 7919)
    values: dict[str, Any] = {}
    for name, field in declared.fields().items():
        if field.read_only or field.kind.key in {"user", "department"} or name in given:
            continue
        value = field.kind.sample(rng, field)
        if field.target and field.required:
            value = make(field.target, seed=next(_LINKED_SEEDS))
        if field.kind.key == "any_reference" and field.required:
            value = f"account:{make('account', seed=next(_LINKED_SEEDS))}"
        if value is not None:
            values[name] = value
    if {"at", "ends_at"} <= values.keys():
        # An end before the start is refused, rightly.
        values["at"], values["ends_at"] = sorted((values["at"], values["ends_at"]))
    return values


def make(key: str, *, owner: User | None = None, seed: int = 1, **values: Any) -> int:
    """Save one record the way the product does and return its id."""
    return make_all(key, [values], owner=owner, seed=seed)[0]


def make_all(
    key: str, rows: list[dict[str, Any]], *, owner: User | None = None, seed: int = 1
) -> list[int]:
    declared = object_type(key)
    drafts = []
    for number, row in enumerate(rows):
        values = {**sample_values(declared, seed + number, row), **row}
        if owner is not None:
            values["owner"] = owner.pk
        drafts.append(Draft(values))
    outcomes = save_records(SYSTEM, declared, drafts, source=TEST, allow_duplicates=True)
    assert all(isinstance(outcome, Saved) for outcome in outcomes), outcomes
    return [outcome.record_id for outcome in outcomes if isinstance(outcome, Saved)]


def save_one(access: Access, key: str, values: dict[str, Any], **draft: Any) -> Any:
    [outcome] = save_records(
        access, object_type(key), [Draft(values, **draft)], source=Source("form")
    )
    return outcome
