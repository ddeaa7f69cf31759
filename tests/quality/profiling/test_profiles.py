"""A profile tells of the records and values its reader may see, and each figure opens just its rows."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.filter import AllOf, FilterProblem, parse_where
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.jobs.worker import run_worker
from keqiao.quality.profiling import counting
from keqiao.quality.profiling.answers import FILL, PROFILE, facet_fields, is_open, shown_fields
from keqiao.quality.profiling.counting import ANSWERS, Question, answer
from keqiao.quality.profiling.measures import Profile, profile_of
from keqiao.quality.profiling.models import ProfileSnapshot
from keqiao.records.distinct import Values, filled_of, values_of
from keqiao.records.query import ListQuery, count_records
from tests.company import SYSTEM, Company, make, make_all


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _profile(user: User, name: str, where: tuple[str, ...] = (), key: str = "account") -> Profile:
    question = Question(object_type(key), PROFILE, name, where)
    result = ANSWERS[PROFILE](Access.for_user(user), question, None)
    return msgspec.convert(json.loads(json.dumps(result["profile"])), Profile)


def _count(access: Access, declared: ObjectType, where: list[str]) -> int:
    return count_records(access, ListQuery(object_type=declared, filter=parse_where(where)))


def test_a_seller_is_told_of_his_own_records_alone(company: Company) -> None:
    make("account", owner=company.li, note="展会", name="苏州博远有限公司")
    make("account", owner=company.zhou, seed=2, note="机密来源", name="成都秘密有限公司")
    mine, everything = _profile(company.li, "name"), _profile(company.qian, "name")
    assert (mine.records, mine.distinct) == (1, 1)
    assert [bar.value for bar in mine.top] == ["苏州博远有限公司"]
    assert everything.records == 2
    page = _client(company.li).get("/quality/profile/accounts/name/").content.decode()
    assert "苏州博远有限公司" in page and "秘密" not in page
    fill = ANSWERS[FILL](Access.for_user(company.li), Question(object_type("account"), FILL), None)
    assert fill["records"] == 1


def test_of_a_masked_field_only_the_fill_is_told_and_a_hidden_one_is_not_there(
    company: Company,
) -> None:
    [role] = company.li.roles.all()
    set_field_right(role, "account", "phone", Right.MASKED)
    set_field_right(role, "account", "address", Right.HIDDEN)
    make("account", owner=company.li, phone="0512-62881234", address="星湖街 8 号")
    client, access = _client(company.li), Access.for_user(company.li)
    overview = client.get("/quality/profile/?object=account").content.decode()
    assert (
        "/quality/profile/accounts/name/" in overview
        and "/quality/profile/accounts/phone/" not in overview
    )
    assert "62881234" not in overview
    assert client.get("/quality/profile/accounts/phone/").status_code == 403
    assert client.get("/quality/profile/accounts/address/").status_code == 404
    assert client.get("/quality/profile/accounts/nothing/").status_code == 404
    query = ListQuery(object_type=object_type("account"))
    assert filled_of(access, query, ["phone"]) == (1, {"phone": 1})
    for name in ("phone", "address"):
        with pytest.raises(FilterProblem):
            values_of(access, query, name)
    with pytest.raises(FilterProblem):
        filled_of(access, query, ["address"])
    # Nor does a condition on it split what else is counted.
    for where in ("phone:contains:6288", "phone:has_shape:9{4}", "phone:has_length:1-30"):
        page = client.get("/quality/profile/accounts/name/", {"where": where}).content.decode()
        assert "0512" not in page and "pfbars" not in page


def test_a_sealed_field_has_no_profile(company: Company) -> None:
    make("contact", owner=company.qian)
    sealed = [one for one in object_type("contact").fields().values() if one.kind.encrypted]
    for own in sealed:
        assert not is_open(SYSTEM, object_type("contact"), own)
        with pytest.raises(FilterProblem):
            values_of(SYSTEM, ListQuery(object_type=object_type("contact")), own.name)
        address = f"/quality/profile/contacts/{own.name}/"
        assert _client(company.qian).get(address).status_code == 404
    assert sealed


def test_every_figure_of_every_field_opens_just_its_records(
    declared: ObjectType, company: Company
) -> None:
    make_all(declared.key, [{}, {}, {}, {}], owner=company.li, seed=3)
    asked = 0
    for own in shown_fields(SYSTEM, declared):
        if not is_open(SYSTEM, declared, own):
            continue
        result = ANSWERS[PROFILE](SYSTEM, Question(declared, PROFILE, own.name), None)
        found = msgspec.convert(json.loads(json.dumps(result["profile"])), Profile)
        assert found.records == 4, own.name
        figures = [*found.top, *found.shapes, *found.lengths, *found.spread, *found.outliers,
                   *found.placeholders, *found.invalid]  # fmt: skip
        facets = [bar for facet in result["facets"] for bar in facet["bars"]]
        shown = [(bar.where, bar.count) for bar in figures]
        shown += [(bar["where"], bar["count"]) for bar in facets]
        for where, number in shown:
            assert where, (own.name, number)
            assert _count(SYSTEM, declared, where) == number, (own.name, where)
            asked += 1
    assert asked > 5


def test_the_fill_of_every_field_is_that_of_its_list(
    declared: ObjectType, company: Company
) -> None:
    required = {name for name, one in declared.fields().items() if one.required}
    blank = {
        name: "" for name, one in declared.fields().items()
        if name not in required and not one.read_only and one.default is None
        and one.kind.key not in {"boolean", "user", "any_reference"}
        and name not in {"team", declared.title}
    }  # fmt: skip
    make_all(declared.key, [{}, {}], owner=company.li, seed=3)
    make_all(declared.key, [blank], owner=company.li, seed=9)
    result = ANSWERS[FILL](SYSTEM, Question(declared, FILL), None)
    for name, filled in result["filled"].items():
        own = declared.field(name)
        if own.filterable and "is_filled" in own.operators:
            assert _count(SYSTEM, declared, [f"{name}:is_filled"]) == filled, name
        else:
            assert filled == result["records"]


HOSTILE = ["<script>alert(1)</script>", "a,b;c", "9{3}", "\\", "%_", "'; drop table x --", "‮exe",
           "x" * 200, "é́", "😀😀", "汉{2}", "  two  spaces ", "=cmd()"]  # fmt: skip


def test_hostile_texts_are_counted_and_found_and_never_run(company: Company) -> None:
    for seed, text in enumerate(HOSTILE):
        make("account", owner=company.li, seed=seed, address=text)
    declared, access = object_type("account"), Access.for_user(company.li)
    found = _profile(company.li, "address")
    assert found.filled == len(HOSTILE)
    for bar in [*found.top, *found.shapes, *found.invalid]:
        assert bar.where and _count(access, declared, bar.where) == bar.count, bar
    page = _client(company.li).get("/quality/profile/accounts/address/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_what_is_stored_otherwise_than_typed_is_found_all_the_same(company: Company) -> None:
    declared = object_type("account")
    pk = make("account", owner=company.li)
    declared.model._default_manager.filter(pk=pk).update(address=" 星湖街 8号　")
    [bar] = _profile(company.li, "address").top
    assert _count(SYSTEM, declared, bar.where) == 1


def test_numbers_and_days_tell_how_they_spread_and_what_lies_far_out() -> None:
    declared = object_type("account")
    number = next(
        one for one in declared.builtin_fields.values() if one.kind.key in {"integer", "score"}
    )
    counts = dict.fromkeys(range(100, 200), 10) | {9_999_999: 1, 150: 40}
    found = profile_of(number, Values(1_500, counts))
    assert [bar.value for bar in found.outliers] == ["9999999"]
    assert sum(bar.count for bar in found.spread) == 99 * 10 + 40
    assert found.facts["median"] == "150"
    assert len(found.spread) <= 15
    assert profile_of(number, Values(3, {})).spread == []
    assert profile_of(number, Values(3, {7: 3})).outliers == []


def test_conditions_narrow_the_profile_and_stand_in_its_address(company: Company) -> None:
    make("account", owner=company.li, name="苏州博远有限公司", region="320505")
    make("account", owner=company.zhou, seed=2, name="成都云启有限公司", region="510104")
    make("account", owner=company.zhou, seed=3, name="成都知行", region="510104")
    shape = "name:has_shape:汉{4}有限公司"
    assert _profile(company.qian, "name", (shape,)).records == 2
    both = (shape, "region:within:510000", f"owner:equals:{company.zhou.pk}")
    found = _profile(company.qian, "name", both)
    assert [bar.value for bar in found.top] == ["成都云启有限公司"]
    page = _client(company.qian).get("/quality/profile/accounts/name/", {"where": both})
    html = page.content.decode()
    assert "成都云启有限公司" in html and "苏州博远" not in html
    assert "region%3Awithin%3A510000" in html
    names = [one.name for one in facet_fields(SYSTEM, object_type("account"), "name")]
    assert names[:2] == ["owner", "team"] and "region" in names


def test_a_broken_condition_says_what_is_wrong(company: Company) -> None:
    client = _client(company.li)
    for where in ("name:has_shape:9{", "nothing:equals:1", "name:has_length:x"):
        answered = client.get("/quality/profile/accounts/name/", {"where": where})
        assert answered.status_code == 200 and "pfbars" not in answered.content.decode()
        assert client.get("/quality/profile/", {"where": where}).status_code == 200


def test_what_takes_long_is_counted_by_a_job_and_kept_for_its_asker_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_AT_ONCE", 1)
    for seed in range(3):
        make("account", owner=company.li, seed=seed)
    client = _client(company.wang)
    assert "开始统计" in client.get(
        "/quality/profile/accounts/name/"
    ).content.decode()  # fmt: skip
    assert client.post("/quality/profile/accounts/name/").status_code == 303
    assert (
        client.post("/quality/profile/accounts/name/").status_code == 303
    )  # asked twice, counted once
    assert ProfileSnapshot.objects.count() == 1
    run_worker(once=True)
    access = Access.for_user(company.wang)
    question = Question(object_type("account"), PROFILE, "name")
    kept = answer(access, question)
    assert kept.result is not None and kept.result["records"] == 3 and kept.at is not None
    assert "pfbars" in client.get("/quality/profile/accounts/name/").content.decode()
    # Another person has nothing of it, and neither has this one under other rights.
    assert answer(Access.for_user(company.qian), question).result is None
    [role] = company.wang.roles.all()
    set_field_right(role, "account", "address", Right.HIDDEN)
    assert answer(Access.for_user(User.objects.get(pk=company.wang.pk)), question).result is None


def test_a_hundred_thousand_values_are_profiled_whole() -> None:
    declared = object_type("account")
    name = declared.builtin_fields["name"]
    counts: dict[Any, int] = {f"苏州{number}号有限公司": 1 for number in range(100_000)}
    counts["无"] = 50
    found = profile_of(name, Values(200_000, counts))
    assert found.distinct == 100_001 and found.only_once == 100_000
    assert [(bar.value, bar.count) for bar in found.placeholders] == [("无", 50)]
    assert found.shapes[0].value == "汉{2}9{5}汉有限公司" and found.shapes[0].count == 90_000
    assert sum(bar.count for bar in found.lengths) == found.filled


def test_the_trees_of_both_parts_of_an_address_hold_together() -> None:
    question = Question(object_type("account"), FILL, where=("level:equals:A",),
                        filter='{"field":"name","operator":"is_filled"}')  # fmt: skip
    assert isinstance(question.query().filter, AllOf)
    assert question.mark != Question(object_type("account"), FILL).mark
