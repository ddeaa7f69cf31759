"""A list as a calendar: any type with a date, the list's filters and rights, kept in views."""

from __future__ import annotations

import re

from keqiao.access.rights import Right
from keqiao.access.roles import ensure_standard_roles, set_field_right
from keqiao.activities.models import Task
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.registry import object_type
from tests.company import Company, make
from tests.ui.test_pages import PART, browser
from tests.ui.test_saved_views import keep

MARCH = "/tasks/calendar/?day=2026-03-10"


def on_days(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in page.split('data-drop-day="')[1:]:
        titles = re.findall(r"<span>([^<]*)</span></a>", cell.split("</td>")[0])
        found.setdefault(cell[:10], []).extend(title.strip() for title in titles)
    return {day: titles for day, titles in found.items() if titles}


def _move_form(page: str) -> str:
    """Return the address behind the button that moves an entry of a phone's list."""
    found = re.search(r'href="([^"]*)" hx-get="([^"]*)" data-move="1"', page)
    assert found is not None and found[1] == found[2]
    return found[1].replace("&amp;", "&")


def task(company: Company, name: str, at: str, seed: int, **more: str) -> int:
    return make("task", owner=company.li, name=name, at=at, seed=seed, **more)


def test_records_stand_on_their_day_under_the_filters_of_the_list(company: Company) -> None:
    task(company, "回访", "2026-03-12 10:00", 1, priority="high")
    task(company, "寄样", "2026-03-20 09:00", 2, priority="low")
    task(company, "四月", "2026-05-20 09:00", 3)
    make("task", owner=company.zhou, name="别人", at="2026-03-12 10:00", seed=4)
    client = browser(company.li)
    assert on_days(client.get(MARCH).content.decode()) == {
        "2026-03-12": ["回访"], "2026-03-20": ["寄样"],
    }  # fmt: skip
    filtered = client.get(f"{MARCH}&where=priority:equals:high").content.decode()
    assert on_days(filtered) == {"2026-03-12": ["回访"]}
    chip = re.search(r'class="chip on" href="([^"]*)"', filtered)
    assert chip is not None and chip[1].startswith("/tasks/calendar/?")
    assert "day=2026-03-10" in chip[1] and "where" not in chip[1]
    assert on_days(client.get(f"{MARCH}&search=寄样").content.decode()) == {"2026-03-20": ["寄样"]}
    week = client.get("/tasks/calendar/?display=calendar:at:week&day=2026-03-12").content.decode()
    assert "回访" in week and "寄样" not in week
    assert client.get(f"{MARCH}&where=nothing:equals:1").status_code == 422


def test_what_waits_is_coloured_by_its_day_and_what_is_over_is_struck(company: Company) -> None:
    task(company, "早该做", "2026-03-12 10:00", 1, state="planned")
    done = task(company, "做完了", "2026-03-12 11:00", 2)
    off = task(company, "不做了", "2026-03-12 12:00", 3)
    Task.objects.filter(pk=done).update(state="done")
    Task.objects.filter(pk=off).update(state="cancelled")
    client = browser(company.li)
    page = client.get(MARCH).content.decode()
    found = re.findall(r'class="ev (\w*)"[^>]*title="[^"]*?(早该做|做完了|不做了)"', page)
    assert {title: tone for tone, title in found} == {
        "早该做": "late", "做完了": "done", "不做了": "done",
    }  # fmt: skip
    set_field_right(ensure_standard_roles()["sales"], "task", "state", Right.MASKED)
    assert 'class="ev late"' not in client.get(MARCH).content.decode()


def test_every_list_with_a_date_offers_it_and_moving_follows_the_rights(company: Company) -> None:
    task(company, "回访", "2026-03-12 10:00", 1)
    client = browser(company.li)
    assert (
        'href="/tasks/calendar/?display=calendar%3Aat%3Amonth"'
        in client.get("/tasks/").content.decode()
    )
    page = client.get(MARCH).content.decode()
    assert 'data-field="at"' in page and 'draggable="true"' in page
    form = client.get(
        _move_form(page), headers={**PART, "HX-Current-URL": f"http://testserver{MARCH}"}
    )
    assert f'name="next" value="{MARCH}"' in form.content.decode()
    foreign = {**PART, "HX-Current-URL": "http://testserver//evil.example/x"}
    assert "evil" not in client.get(_move_form(page), headers=foreign).content.decode()
    made = client.get("/tasks/calendar/?display=calendar:created_at:month").content.decode()
    assert 'data-entry="task:' in made and "draggable" not in made, "when it was made stays so"
    assert "data-move" not in made
    set_field_right(ensure_standard_roles()["sales"], "task", "at", Right.READ)
    read = client.get(MARCH).content.decode()
    assert "draggable" not in read and "data-move" not in read
    set_field_right(ensure_standard_roles()["sales"], "task", "at", Right.MASKED)
    page = client.get(MARCH).content.decode()
    assert "calendar%3Aat" not in page and 'data-field="at"' not in page


def test_a_custom_date_makes_a_calendar(company: Company) -> None:
    field = add_custom_field(
        object_type("lead"), {"label": "到场日", "kind": "date", "filterable": True}
    )
    make("lead", owner=company.li, name="看样客户", **{field.key: "2026-03-05"})
    page = browser(company.li).get(
        f"/leads/calendar/?display=calendar:{field.key}:month&day=2026-03-01"
    )
    assert on_days(page.content.decode()) == {"2026-03-05": ["看样客户"]}


def test_a_view_opens_as_the_calendar_or_board_it_was_kept_as(company: Company) -> None:
    make("lead", owner=company.li, state="new", name="线索甲")
    client = browser(company.li)
    for display, page in (("calendar:created_at:week", "calendar"), ("board", "board")):
        response = client.post(
            "/leads/views/save/",
            {"state": f"where=state:equals:new&display={display}", "name": f"看{page}"},
        )
        opened = client.get(response["Location"])
        assert opened.status_code == 303
        assert opened["Location"].startswith(f"/leads/{page}/?view=")
        shown = client.get(opened["Location"]).content.decode()
        assert "线索甲" in shown and "已修改" not in shown
        number = opened["Location"].rpartition("=")[2]
        as_rows = re.search(r'class="seg displays"[^>]*><a href="([^"]*)"', shown)
        assert as_rows is not None and f"view={number}&amp;changed=1" in as_rows[1]
        rows = client.get(as_rows[1].replace("&amp;", "&"))
        assert rows.status_code == 200 and f'href="/leads/?view={number}"' in rows.content.decode()
    set_field_right(ensure_standard_roles()["sales"], "lead", "state", Right.MASKED)
    closed = client.get(f"/leads/?view={number}")
    assert closed.status_code == 200, "without the board the view is a list again"


def test_a_fragment_is_not_put_into_a_page_without_the_files_of_a_calendar(
    company: Company,
) -> None:
    client = browser(company.li)
    other = client.get(MARCH, headers={**PART, "HX-Current-URL": "http://testserver/tasks/"})
    assert other.status_code == 204 and other["HX-Redirect"] == MARCH
    here = client.get(
        MARCH, headers={**PART, "HX-Current-URL": "http://testserver/tasks/calendar/"}
    )
    assert here.status_code == 200 and "<html" not in here.content.decode()
    assert "day=2026-03-10" in here["HX-Push-Url"]
    assert client.get("/tasks/calendar/?day=9999-99-99").status_code == 200
    assert keep(client, "display=nonsense:x").startswith("/accounts/?view=")
