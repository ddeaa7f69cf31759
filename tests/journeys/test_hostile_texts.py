"""X1: whatever people type, into whatever field, is shown as text and never runs."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import add_department, add_user, share_record
from keqiao.access.models import Role
from keqiao.access.tokens import issue_token
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type, object_types
from keqiao.importing.models import ImportRun
from keqiao.jobs.worker import run_worker
from keqiao.records.drafts import Outcome
from keqiao.records.save import Draft, Rejected, Saved, Source, save_records
from tests.attacks.conftest import BACKEND
from tests.attacks.routes import ui_routes
from tests.company import PASSWORD, Company, sample_values
from tests.journeys.conftest import Desk, SitDown
from tests.journeys.looking import settle

IMAGE, DRAWING = "<img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>'
SCRIPT, FORMULA = "javascript:alert(1)", "kq{{7*7}}kq"
HOSTILE = f"{IMAGE}{DRAWING}{FORMULA}{SCRIPT}"
# What a browser would have made of the texts, had it taken them for markup or a template.
CAUGHT = """() => [
  ...document.querySelectorAll('img[src="x"], svg[onload], [onerror], [onload]'),
  ...[...document.querySelectorAll('[href],[src],[action]')].filter(e =>
    ['href', 'src', 'action'].some(n => /^\\s*(javascript|data:text)/i.test(e.getAttribute(n) || ''))),
].map(e => e.outerHTML.slice(0, 120))"""


def hostile_values(declared: ObjectType) -> dict[str, Any]:
    """Return sample values with a hostile text in every field that takes one."""
    values = sample_values(declared)
    for name, field in declared.fields().items():
        if field.read_only or field.target:
            continue
        match field.kind.key:
            case "text" | "long_text" | "person_name" | "company_name" | "address":
                values[name] = HOSTILE[: field.max_length or 400]
            case "tags":
                values[name] = [IMAGE, DRAWING, FORMULA, SCRIPT]
            case "url":
                values[name] = f"https://x.example/{DRAWING}?{FORMULA}"
            case "email":
                values[name] = "kq{{7*7}}kq@x.example"
    return values


def spoil(staff: Company) -> dict[str, int]:
    """Fill a company with hostile texts through every door people type into."""
    choices = {"choices": [{"label": IMAGE}, {"label": FORMULA}]}
    for kind, more in (("text", {}), ("choice", choices)):
        for declared in object_types():
            values: dict[str, Any] = {
                "label": f"{kind[:2]}{DRAWING}{FORMULA}",
                "label_en": f"{kind[:2]}{IMAGE}",
                "kind": kind,
                "standard": HOSTILE,
                **more,
            }
            add_custom_field(declared, values)
    role = Role.objects.create(key="hostile", name=f"{IMAGE}{FORMULA}", name_en=DRAWING)
    department = add_department(f"{IMAGE}{FORMULA}", staff.east)
    evil = add_user(
        "evil",
        f"{IMAGE}{FORMULA}",
        PASSWORD,
        department=department,
        is_administrator=True,
        roles=[role],
    )
    issue_token(evil, f"{IMAGE}{FORMULA}", ("*:read",), days=1)
    numbers, access = {}, Access.for_user(evil)
    for declared in object_types():
        values = hostile_values(declared)
        outcome = save_as(access, declared, values)
        if isinstance(outcome, Rejected):
            # A field that refuses such texts altogether is safe; the others are still filled.
            clean: dict[str, Any] = sample_values(declared)
            for problem in outcome.problems:
                values[problem.field] = clean.get(problem.field)
                if problem.code == "forbidden_field":
                    del values[problem.field]
            outcome = save_as(access, declared, values)
        assert isinstance(outcome, Saved), outcome
        numbers[declared.path] = outcome.record_id
        share_record(declared, outcome.record_id, evil, by=evil, can_write=True)
    return numbers


def save_as(access: Access, declared: ObjectType, values: dict[str, Any]) -> Outcome:
    source = Source("form", HOSTILE)
    [outcome] = save_records(
        access, declared, [Draft(values)], source=source, allow_duplicates=True
    )
    return outcome


def hostile_import(staff: Company) -> int:
    client = Client()
    client.force_login(staff.qian, backend=BACKEND)
    rows = [[IMAGE, FORMULA, "电话"], [f"{IMAGE}公司", FORMULA, IMAGE], ["好公司", "x", "010"]]
    table = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    file = SimpleUploadedFile(f"{IMAGE}{FORMULA}.csv".replace("/", ""), table.encode())
    client.post("/import/", {"object": "account", "file": file})
    run = ImportRun.objects.get()
    client.post(
        f"/import/{run.pk}/check/",
        {"column-0": "name", "column-1": "note", "column-2": "phone", "mode": "create"},
    )
    run_worker(once=True)
    return run.pk


def addresses(numbers: dict[str, int], run_id: int, staff: Company) -> list[str]:
    found = []
    known = {"run_id": run_id, "user_id": staff.li.pk, "role_id": Role.objects.latest("pk").pk}
    for route in ui_routes():
        for path in numbers if route.is_about_a_type else [""]:
            values: dict[str, Any] = dict.fromkeys(route.slots, numbers.get(path, 1))
            found.append(route.address({**values, **known, "declared": path}))
    for path, number in numbers.items():
        title = object_type("account").title
        base = f"/{path}/"
        found += [f"{base}{number}/?tab=history", f"{base}?search={IMAGE}"]
        found += [f"{base}?where=x:{IMAGE}", f"{base}?sort={DRAWING}"]
        found += [f"{base}?where={title}:contains:{IMAGE}"]
    for declared in object_types():
        found.append(f"/settings/fields/?object={declared.key}")
        found.append(f"/settings/roles/{known['role_id']}/fields/?object={declared.key}")
    found += [f"/search/?q={IMAGE}{FORMULA}", f"/import/{run_id}/?show=rejected", "/api/docs"]
    client = Client(raise_request_exception=False)
    client.force_login(staff.qian, backend=BACKEND)
    return [address for address in found if is_page(client.get(address))]


def is_page(answer: Any) -> bool:
    """Tell pages from downloads and from addresses that only take forms."""
    return (
        answer.status_code != 405
        and answer.headers.get("Content-Type", "").startswith("text/html")
        and "attachment" not in answer.headers.get("Content-Disposition", "")
    )


def check_page(desk: Desk, address: str) -> None:
    desk.page.goto(desk.base + address)
    assert desk.page.evaluate(CAUGHT) == [], address
    assert "kq49kq" not in desk.page.content(), address
    assert desk.troubles == [], address


def test_x1_no_text_anybody_types_ever_runs(sit_down: SitDown, staff: Company) -> None:
    numbers = spoil(staff)
    run_id = hostile_import(staff)
    desk = sit_down(staff.qian)
    walked = addresses(numbers, run_id, staff)
    assert len(walked) >= 80
    for address in walked:
        check_page(desk, address)
    for path, number in numbers.items():
        shown = desk.open(f"/{path}/{number}/").locator("main").inner_text()
        assert "kq{{7*7}}kq" in shown, "the text itself is shown as it was typed"


def test_x1_what_scripts_put_into_a_page_is_text_as_well(sit_down: SitDown, staff: Company) -> None:
    """Suggestions, dialogs, the panel and the command box arrive later, through scripts."""
    numbers = spoil(staff)
    desk = sit_down(staff.qian)
    page = desk.open("/accounts/")
    page.keyboard.press("Control+k")
    page.locator("#command [aria-selected=true]").wait_for()
    with page.expect_response(lambda answer: "/commands/?q=kq&" in answer.url):
        page.keyboard.type("kq")
    settle(page)
    page.keyboard.press("Escape")
    page.locator("tbody tr").first.locator(".tick").check()
    page.locator(".bulk button").first.click()
    page.locator("#dialog .dlg").wait_for()
    settle(page)
    page.keyboard.press("Escape")
    page = desk.open(f"/accounts/{numbers['accounts']}/")
    page.locator(".of-record details.menu summary").click()
    page.locator(".of-record a[href$='/people/'][hx-get]").first.click()
    page.locator("#dialog .dlg").wait_for()
    settle(page)
    assert "<img" in page.locator("#dialog").inner_text()
    page.keyboard.press("Escape")
    page = desk.open("/contacts/new/")
    page.locator("#id-account").press_sequentially("kq")
    page.locator(".options:visible [role=option]").first.wait_for()
    page.fill("#id-name", HOSTILE[:50])
    page.fill("#id-phone", HOSTILE[:30])
    page.keyboard.press("Control+s")
    page.locator("[aria-invalid=true]").first.wait_for()
    assert page.evaluate(CAUGHT) == []
    assert "kq49kq" not in page.content()
