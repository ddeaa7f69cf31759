"""The pages on which records become one: who sees what, what is chosen, and the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.access.tokens import issue_token
from keqiao.catalog.registry import object_type
from keqiao.records.merging import Merged, merge_records
from keqiao.records.models import Merge
from tests.company import SYSTEM, TEST, Company, make, save_one
from tests.ui.test_pages import browser

ACCOUNT = object_type("account")


def row(pk: int) -> Any:
    return ACCOUNT.model._default_manager.get(pk=pk)


def address(kept: int, lost: int) -> str:
    return f"/accounts/merge/?ids={kept},{lost}&kept=1"


def answer(kept: int, lost: int, **choices: Any) -> dict[str, Any]:
    versions = {f"version__{pk}": row(pk).version for pk in (kept, lost)}
    return {"ids": f"{kept},{lost}", **versions, **{f"choose__{k}": v for k, v in choices.items()}}


@pytest.fixture
def pair(company: Company) -> tuple[int, int]:
    kept = make("account", owner=company.li, seed=1, name="苏州博远科技有限公司", employees=7)
    lost = make("account", owner=company.li, seed=2, name="博远科技（苏州）", employees=7)
    make("contact", owner=company.li, seed=3, account=lost)
    return kept, lost


def test_both_stand_side_by_side_and_what_moves_comes_first(
    company: Company, pair: tuple[int, int]
) -> None:
    text = browser(company.li).get(address(*pair)).content.decode()
    assert text.index("联系人") < text.index("mergetable")
    assert "苏州博远科技有限公司" in text
    assert 'name="choose__phone"' in text
    assert 'name="choose__employees"' not in text, "what is equal is not asked"
    assert 'class="equal"' in text


def test_a_merge_by_the_page_takes_what_was_chosen_and_can_be_undone(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    client = browser(company.li)
    old, other = row(kept).phone, row(lost).phone
    done = client.post("/accounts/merge/", answer(kept, lost, phone=lost, name=kept))
    assert (done.status_code, done["Location"]) == (303, f"/accounts/{kept}/")
    assert row(kept).phone == other
    page = client.get(f"/accounts/{kept}/").content.decode()
    merge = Merge.objects.get()
    assert f"/merges/{merge.pk}/" in page
    assert "博远科技（苏州）" in page, "a value that was not chosen is kept beside"
    detail = client.get(f"/merges/{merge.pk}/").content.decode()
    assert f"/merges/{merge.pk}/undo/" in detail
    undone = client.post(f"/merges/{merge.pk}/undo/")
    assert undone.status_code == 303
    assert row(kept).phone == old
    assert row(lost).deleted_at is None
    assert f"/merges/{merge.pk}/undo/" not in client.get(f"/merges/{merge.pk}/").content.decode()


def test_old_addresses_lead_on_also_when_somebody_was_editing(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    assert isinstance(merge_records(SYSTEM, ACCOUNT, kept, [lost], source=TEST), Merged)
    client = browser(company.li)
    led = client.get(f"/accounts/{lost}/edit/?tab=x")
    assert (led.status_code, led["Location"]) == (303, f"/accounts/{kept}/edit/?tab=x")
    saved = client.post(f"/accounts/{lost}/edit/", {"name": "别的名字"}, follow=True)
    assert saved.redirect_chain[-1][0] == f"/accounts/{kept}/"
    assert "已合并" in saved.content.decode()
    assert row(kept).name != "别的名字"
    assert browser(company.zhou).get(f"/accounts/{lost}/").status_code == 404


def test_programs_are_told_where_a_record_went(company: Company, pair: tuple[int, int]) -> None:
    kept, lost = pair
    merge_records(SYSTEM, ACCOUNT, kept, [lost], source=TEST)
    client = browser(company.li)
    for method, more in (("get", {}), ("delete", {}), ("patch", {"HTTP_IF_MATCH": "*"})):
        token = issue_token(company.li, "t", ["*:write"], days=1)[1]
        told = getattr(client, method)(
            f"/api/v1/accounts/{lost}", content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {token}", **({"data": "{}"} if method == "patch" else {}),
            **more,
        )  # fmt: skip
        assert told.status_code == 410, (method, told.content)
        assert told.json()["merged_into"] == kept
        assert told["Location"] == f"/api/v1/accounts/{kept}"
    token = issue_token(company.zhou, "t", ["*:write"], days=1)[1]
    hidden = client.get(f"/api/v1/accounts/{lost}", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert hidden.status_code == 404


def test_a_field_one_may_not_read_is_neither_shown_nor_chosen(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    save_one(SYSTEM, "account", {"legal_person": "甲某"}, record_id=kept)
    save_one(SYSTEM, "account", {"legal_person": "乙某"}, record_id=lost)
    set_field_right(Role.objects.get(key="sales"), "account", "legal_person", Right.MASKED)
    client = browser(company.li)
    page = client.get(address(*pair)).content.decode()
    assert "legal_person" not in page
    assert "甲某" not in page
    client.post("/accounts/merge/", answer(kept, lost, legal_person=lost))
    assert row(kept).legal_person == "甲某"
    detail = client.get(f"/merges/{Merge.objects.get().pk}/").content.decode()
    assert "乙某" not in detail


def test_what_is_not_ones_to_merge_looks_like_nothing(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    zhou = browser(company.zhou)
    assert "苏州博远" not in zhou.get(address(kept, lost), follow=True).content.decode()
    assert zhou.get(f"/accounts/{kept}/merge/").status_code == 404
    merge_records(SYSTEM, ACCOUNT, kept, [lost], source=TEST)
    merge = Merge.objects.get()
    assert zhou.get(f"/merges/{merge.pk}/").status_code == 404
    assert zhou.post(f"/merges/{merge.pk}/undo/").status_code == 404
    # The service sees every customer and deletes none: reading is not undoing.
    zhao = browser(company.zhao)
    assert "/undo/" not in zhao.get(f"/merges/{merge.pk}/").content.decode()
    assert zhao.post(f"/merges/{merge.pk}/undo/").status_code == 422
    assert row(lost).deleted_at is not None


def test_somebody_elses_edit_in_between_is_shown_not_lost(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    sent = answer(kept, lost)
    save_one(SYSTEM, "account", {"employees": 4711}, record_id=lost)
    again = browser(company.li).post("/accounts/merge/", sent)
    assert again.status_code == 409
    assert "4711" in again.content.decode() or "4,711" in again.content.decode()
    assert row(lost).deleted_at is None


def test_several_are_compared_one_pair_after_another(
    company: Company, pair: tuple[int, int]
) -> None:
    kept, lost = pair
    third = make("account", owner=company.li, seed=5)
    client = browser(company.li)
    ticked = {"action": "merge", "ids": f"{kept},{lost},{third}"}
    led = client.post("/accounts/bulk/", ticked)
    assert led["Location"] == f"/accounts/merge/?ids={kept},{lost},{third}"
    first = answer(kept, lost) | {"ids": f"{kept},{lost},{third}"}
    following = client.post("/accounts/merge/", first)
    assert following["Location"] == f"/accounts/merge/?ids={kept},{third}&kept=1"
    alone = client.post("/accounts/bulk/", {"action": "merge", "ids": str(kept)})
    assert alone.status_code == 422


def test_the_record_menu_asks_for_the_other_one(company: Company, pair: tuple[int, int]) -> None:
    kept, lost = pair
    client = browser(company.li)
    assert f"/accounts/{kept}/merge/" in client.get(f"/accounts/{kept}/").content.decode()
    assert client.post(f"/accounts/{kept}/merge/", {"other": "x"}).status_code == 422
    name = row(lost).name
    led = client.post(f"/accounts/{kept}/merge/", {"other": name, "other__pick": f"{lost}|{name}"})
    assert led["Location"] == f"/accounts/merge/?ids={kept},{lost}"
    task = make("task", owner=company.li, seed=8)
    page = client.get(f"/tasks/{task}/").content.decode()
    assert not re.search(r"/tasks/\d+/merge/", page), "work is not compared with other work"
