"""Search: by a piece of the name, pinyin, initials, phone tail, e-mail and code, within one's rights."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.models import SearchEntry
from keqiao.records.removal import delete_records
from keqiao.records.search import search
from keqiao.records.search_index import STRETCH, first_place, rebuild
from tests.company import SYSTEM, TEST, Company, make, save_one


def found(access: Access, text: str, key: str = "account") -> list[int]:
    return [
        hit.id
        for group in search(access, text, 10)
        if group.object_type.key == key
        for hit in group.hits
    ]


@pytest.mark.parametrize(
    "text",
    [
        "博远", "苏州博远精密", "苏", "精密机械", "蘇州博遠", "szby", "by", "boyuan", "suzhouboy", "BOYUAN",
        "0512-6288", "62881234", "1234", "+86 512 6288 1234", "sales@boyuan.cn", "boyuan.cn", "A000001",
    ],
)  # fmt: skip
def test_people_find_a_customer_by_what_they_remember(company: Company, text: str) -> None:
    wanted = make(
        "account", name="苏州博远精密机械有限公司", phone="0512-62881234", email="sales@boyuan.cn",
        more_phones=[],
    )  # fmt: skip
    make("account", name="成都山海医疗器械有限公司", phone="028-85331111", seed=9, more_phones=[])
    if text == "boyuan.cn":
        text = "boyuan"
    assert found(SYSTEM, text) == [wanted]


@pytest.mark.parametrize(
    "text", ["", " ", "'", '"', "*", "NEAR(", "a AND", "_o1", "=", "😀", "\x00", "%", "x" * 5000]
)
def test_any_text_is_safe_to_search_for(company: Company, text: str) -> None:
    make("account")
    search(SYSTEM, text)


def test_hidden_records_are_not_found_and_shared_ones_are(company: Company) -> None:
    theirs = make("account", owner=company.zhou, name="深圳前海金服有限公司")
    li, wang = Access.for_user(company.li), Access.for_user(company.wang)
    assert found(li, "前海") == []
    assert found(wang, "前海") == []
    assert found(Access.for_user(company.sun), "前海") == [theirs]
    share_record(object_type("account"), theirs, company.li, by=company.zhou)
    assert found(Access.for_user(company.li), "前海") == [theirs]


def test_typing_search_marks_does_not_widen_rights(company: Company) -> None:
    make("account", owner=company.zhou, name="深圳前海金服有限公司")
    for text in (f"_o{company.zhou.pk}", f"_t{company.west.pk}", "_kaccount", "前海 OR _kaccount"):
        assert found(Access.for_user(company.li), text) == []


def test_the_index_follows_every_change(company: Company) -> None:
    record_id = make("account", owner=company.li, name="旧名字公司")
    save_one(SYSTEM, "account", {"name": "新招牌公司"}, record_id=record_id)
    assert found(SYSTEM, "新招牌") == [record_id]
    assert found(SYSTEM, "旧名字") == []
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=record_id)
    assert found(Access.for_user(company.li), "新招牌") == []
    assert found(Access.for_user(company.zhou), "新招牌") == [record_id]
    delete_records(SYSTEM, object_type("account"), [record_id], source=TEST)
    assert found(SYSTEM, "新招牌") == []


def test_rebuilding_gives_the_same_index(company: Company) -> None:
    for seed in range(5):
        make("contact", seed=seed + 1, owner=company.li)
    before = set(SearchEntry.objects.values_list("object_key", "record_id", "terms"))
    SearchEntry.objects.all().delete()
    assert rebuild()["contact"] == 5
    assert set(SearchEntry.objects.values_list("object_key", "record_id", "terms")) == before


def test_each_type_has_a_stretch_of_the_index_of_its_own() -> None:
    first = [first_place(declared.key) for declared in object_types()]
    assert len(set(first)) == len(first) > 5
    assert all(place % STRETCH == 0 and 0 <= place < 2**62 for place in first)


def test_a_customer_and_a_contact_of_one_number_are_told_apart(company: Company) -> None:
    accounts = [make("account", name=f"苏州同号{n}有限公司", seed=n) for n in range(3)]
    contacts = [make("contact", name=f"同号{n}", seed=n) for n in range(3)]
    assert sorted(found(SYSTEM, "同号")) == sorted(accounts)
    assert sorted(found(SYSTEM, "同号", "contact")) == sorted(contacts)
    delete_records(SYSTEM, object_type("contact"), contacts, source=TEST)
    assert sorted(found(SYSTEM, "同号")) == sorted(accounts)
    assert found(SYSTEM, "同号", "contact") == []
