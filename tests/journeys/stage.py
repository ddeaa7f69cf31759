"""A company with something on every page, whose own words are Greek.

What people typed is neither Chinese nor English here: so a Chinese character on an English page, or an
English word on a Chinese one, is a text of the product that nobody translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Department, Role, User
from keqiao.activities.composer_models import Phrase
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.models import CustomField
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type, object_types
from keqiao.importing.models import ImportRun
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.notifications.notify import notify
from keqiao.quality.double_entry.keying import key_again
from keqiao.quality.double_entry.models import SecondEntry
from keqiao.quality.review.deciding import Verdict, decide
from keqiao.quality.review.models import PendingChange
from keqiao.quality.scenarios.models import Act
from keqiao.records.drafts import Held, Outcome
from keqiao.records.outbox import dispatch_events
from keqiao.records.save import Draft, Rejected, Saved, Source, save_records
from keqiao.ui.models import SavedView
from tests.attacks.conftest import BACKEND
from tests.attacks.routes import Route, ui_routes
from tests.company import Company, sample_values
from tests.customers.pools import make_pool, make_rule, put_in
from tests.quality.double_entry.rules import entry_rule
from tests.quality.review.rules import review_rule
from tests.quality.scenarios.rules import rule as likeness_rule

NAMES = ["Αθηνά", "Βύρων", "Γαλήνη", "Δήμητρα", "Ελπίδα", "Ζωή"]
UGLY = "Πολύμακρη" * 7 + " 🐉👨‍👩‍👧 " + "שלום עולם" + "Ω" * 60
WORDS = frozenset({"text", "long_text", "person_name", "company_name", "address"})
OWN_FIELDS, PLENTY = 40, 60
KINDS = (
    "text",
    "long_text",
    "integer",
    "date",
    "boolean",
    "money",
    "choice",
    "tags",
    "email",
    "url",
)
# Types whose own menus and dialogs are walked; those of the others come from the same templates.
QUICK = {"accounts": "level", "tasks": "state"}
BASIC = frozenset({"", "new/", "<record:record_id>/", "<record:record_id>/edit/"})


@dataclass
class Stage:
    """What stands where: the number of a record of each type, and what fills the other slots."""

    numbers: dict[str, int] = field(default_factory=dict)
    slots: dict[str, list[Any]] = field(default_factory=dict)

    def addresses(self) -> Iterator[str]:
        """Return every address of the product once, with something behind it."""
        for route in ui_routes():
            if not route.is_about_a_type:
                yield from self._of(route, {})
                continue
            rest = route.pattern.partition("/")[2]
            for declared in object_types():
                if declared.path in QUICK or rest in BASIC:
                    yield from self._of(route, {"declared": declared.path})

    def _of(self, route: Route, values: dict[str, Any]) -> Iterator[str]:
        path = values.get("declared", "")
        values = {"record_id": self.numbers.get(path, 1), **values}
        for choice in self._choices(route, path):
            yield route.address({**values, **choice})

    def _choices(self, route: Route, path: str) -> Iterator[dict[str, Any]]:
        """Return what the slots besides type and record are filled with, once per page there is."""
        names = [name for name in route.slots if name not in {"declared", "record_id"}]
        if route.pattern.startswith("activities/") and "key" in names:
            for key in ("call", "task"):
                yield {"key": key, "record_id": self.numbers[object_type(key).path]}
        elif path and "name" in names:
            yield {"name": QUICK[path]}
        else:
            filled = {name: self.slots.get(name, [1]) for name in names}
            for row in range(max(map(len, filled.values()), default=1)):
                yield {name: values[row % len(values)] for name, values in filled.items()}


def set_the_stage(staff: Company) -> Stage:
    """Fill the company with records, ordinary and ugly, and one of everything people set up."""
    rename(staff)
    own_fields()
    stage = Stage()
    for seed, declared in enumerate(object_types(), 1):
        for ugly in (True, False):
            number = put(declared, seed * 10 + ugly, staff.qian, ugly=ugly)
            stage.numbers.setdefault(declared.path, number)
    for seed in range(PLENTY):
        put(object_type("account"), 1_000 + seed, staff.qian)
    stage.slots = {
        **pooled(staff),
        **set_up_by_people(staff),
        **waiting_for_a_second_person(staff),
        "user_id": [staff.li.pk],
        "role_id": [Role.objects.get(key="sales").pk],
        "field_id": [CustomField.objects.filter(deleted_at=None).earliest("pk").pk],
        "iso_day": ["2026-10-01"],
    }
    return stage


def speak(stage: Stage, staff: Company, language: str) -> None:
    """Let everybody use `language`, and do anew the work whose report is kept in its starter's words."""
    User.objects.update(language=language, theme="auto")
    ImportRun.objects.all().delete()
    Job.objects.all().delete()
    client = client_of(staff.qian)
    stage.slots["run_id"] = [imported(client, untidy=True), imported(client, untidy=False)]
    client.post("/accounts/export/", {"format": "xlsx", "all": "1", "state": ""})
    run_worker(once=True)
    stage.slots["job_id"] = list(Job.objects.order_by("pk").values_list("pk", flat=True)[:2])


def rename(staff: Company) -> None:
    for place, one in enumerate(staff.everybody):
        one.name = NAMES[place]
        one.save(update_fields=["name"])
    for place, department in enumerate(Department.objects.order_by("pk")):
        Department.objects.filter(pk=department.pk).update(name=f"Τμήμα {NAMES[place % 6]}")


def own_fields() -> None:
    """Give accounts more fields of the company's own than anybody should, and the rest one."""
    choices = [{"label": f"Επιλογή {letter}", "label_en": f"Επιλογή {letter}"} for letter in "ΑΒΓ"]
    for declared in object_types():
        for number in range(OWN_FIELDS if declared.key == "account" else 1):
            kind = KINDS[number % len(KINDS)]
            values: dict[str, Any] = {
                "key": f"x_o{number}",
                "label": f"Πεδίο {number} " + ("μακρύ " * 8 if number == 3 else ""),
                "label_en": f"Πεδίο {number}",
                "kind": kind,
                "standard": "Κανόνας " * 12,
            }
            if kind == "choice":
                values["choices"] = choices
            add_custom_field(declared, values)


def put(declared: ObjectType, seed: int, owner: User, *, ugly: bool = False) -> int:
    """Save a record whose free words are Greek, as its owner would."""
    needed = [one for one in declared.fields().values() if one.target and one.required]
    values = sample_values(declared, seed, [*(one.name for one in needed), "about"])
    for one in needed:
        values[one.name] = put(object_type(str(one.target)), seed + 40_000, owner)
    for name, one in declared.fields().items():
        if name in values and one.kind.key in WORDS:
            values[name] = (UGLY if ugly else f"{NAMES[seed % 6]} {seed}")[: one.max_length or 400]
        elif name in values and one.kind.key == "tags":
            values[name] = [NAMES[seed % 6], "Πολύμακρη ετικέτα" if ugly else "Ετικέτα"]
    values["owner"] = owner.pk
    if "about" in declared.fields():
        values["about"] = f"account:{put(object_type('account'), seed + 50_000, owner)}"
    outcome = save_as(owner, declared, values)
    if isinstance(outcome, Rejected):
        # A field that takes no such words keeps its sample, one that he may not fill in stays empty.
        clean = sample_values(declared, seed)
        values.update({one.field: clean.get(one.field) for one in outcome.problems})
        for problem in outcome.problems:
            if problem.code == "forbidden_field":
                del values[problem.field]
        outcome = save_as(owner, declared, values)
    assert isinstance(outcome, Saved), outcome
    return outcome.record_id


def save_as(owner: User, declared: ObjectType, values: dict[str, Any]) -> Outcome:
    [outcome] = save_records(
        Access.for_user(owner),
        declared,
        [Draft(values)],
        source=Source("form"),
        allow_duplicates=True,
    )
    return outcome


def pooled(staff: Company) -> dict[str, list[Any]]:
    pool = make_pool("Λίμνη", members=[staff.east], administrators=[staff.qian])
    rule = make_rule(pool, 30)
    ids = [put(object_type("account"), 3_000 + seed, staff.li) for seed in range(3)]
    put_in(pool, *ids)
    return {"pool_id": [pool.pk], "rule_id": [rule.pk]}


def set_up_by_people(staff: Company) -> dict[str, list[Any]]:
    kept = {"state": "where=level:any_of:A,B", "name": "Όψη με μακρύ όνομα " * 3}
    client_of(staff.qian).post("/accounts/views/save/", kept)
    Phrase.objects.create(user=staff.qian, text="Φράση")
    notify([staff.qian], "mention", title="Μήνυμα", body=UGLY[:200], url="/accounts/")
    return {"view_id": [SavedView.objects.get().pk]}


def waiting_for_a_second_person(staff: Company) -> dict[str, list[Any]]:
    """Let a lead wait for review, one be sent back, and one be keyed twice and differently."""
    people = (staff.li, staff.wang, staff.qian)
    again = entry_rule(*people, object_key="lead", name="Διπλή", fields=["name"])
    number = put(object_type("lead"), 6_000, staff.li)
    dispatch_events()
    [entry] = SecondEntry.objects.filter(record_id=number)
    key_again(Access.for_user(staff.wang), entry.pk, {"name": "Άλλη εταιρεία"})
    put(object_type("lead"), 6_001, staff.li)
    dispatch_events()
    rule = review_rule(*people, object_key="lead", name="Έλεγχος", fields=[])
    for owner in (staff.qian, staff.li):
        values = {"name": UGLY[:100], "contact_name": "Νέα", "phone": "01062518889"}
        assert isinstance(save_as(owner, object_type("lead"), values), Held)
    sent_back = PendingChange.objects.get(maker_id=staff.qian.pk)
    verdicts = {name: Verdict(accepted=False, reason="Λάθος") for name in sent_back.checked}
    decide(Access.for_user(staff.wang), sent_back.pk, verdicts)
    likeness = likeness_rule(Act.WARN, name="Όμοια")
    return {
        "desk": ["review", "differences"],
        "pending_id": [sent_back.pk],
        "review_rule_id": [rule.pk],
        "scenario_rule_id": [likeness.pk],
        "entry_rule_id": [again.pk],
    }


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def imported(client: Client, *, untidy: bool) -> int:
    """Import a list: to the report, or to the check with cells that need a hand."""
    rows = ["Όνομα,Τηλέφωνο,Σημείωση", "Καλή εταιρεία,01062518888,α", "Άλλη,12,β", ",x,γ"]
    text = "\n".join(rows if untidy else rows[:2]) + "\n"
    file = SimpleUploadedFile("πελάτες.csv", text.encode())
    client.post("/import/", {"object": "account", "file": file})
    run = ImportRun.objects.latest("pk")
    columns = {"column-0": "name", "column-1": "phone", "column-2": "note", "mode": "create"}
    client.post(f"/import/{run.pk}/check/", columns)
    run_worker(once=True)
    if not untidy:
        client.post(f"/import/{run.pk}/run/")
        run_worker(once=True)
    return run.pk
