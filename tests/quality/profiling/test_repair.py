"""Variants of a value become one, within the right to write, noted, and taken back byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.kinds.roles import Likeness
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.quality.cleaning.models import Correction
from keqiao.quality.profiling.clustering import clusters, default_stop_words
from keqiao.quality.profiling.models import ProfileSettings
from keqiao.quality.profiling.repairable import why_no_variants
from keqiao.quality.profiling.transforms import LABELS, Transform, transformed
from keqiao.records.drafts import Draft
from keqiao.records.models import ChangeEntry
from keqiao.records.query import get_record
from keqiao.records.save import save_records
from tests.company import SYSTEM, TEST, Company, make

ADDRESS = "/quality/profile/accounts/address/"


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _row(pk: int) -> Any:
    return get_record(SYSTEM, object_type("account"), pk)


# What a save leaves behind by itself: its number and time, and when a value was last dealt with.
KEPT_BY_SAVING = {"version", "updated_at", "updated_by_id", "quality_facts", "quality_score"}


def _stored(pk: int) -> dict[str, Any]:
    row = object_type("account").model._default_manager.values().get(pk=pk)
    return {name: value for name, value in row.items() if name not in KEPT_BY_SAVING}


def _variants(company: Company) -> list[int]:
    """Four records with three spellings; the last belongs to somebody else."""
    pks = [
        make("account", owner=company.li, seed=seed, address=address)
        for seed, address in enumerate(["星湖街8号", "星湖街8号", "星湖街 8 号"])
    ]
    pks.append(make("account", owner=company.zhou, seed=9, address="星湖街-8号"))
    return pks


def _apply(client: Client, targets: dict[str, str], **query: str) -> Job:
    answered = client.post(
        f"{ADDRESS}variants/", {"step": "apply", "targets": json.dumps(targets)}, query_params=query
    )
    assert answered.status_code == 303, answered.content.decode()[:500]
    run_worker(once=True)
    return Job.objects.get(pk=answered["Location"].strip("/").split("/")[-1])


# --- which values are alike -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("likeness", "one", "other", "is_alike"),
    [
        (Likeness.FINGERPRINT, "苏州博远", "蘇州 博遠", True),
        (Likeness.FINGERPRINT, "ACME Trading", "trading, acme", True),
        (Likeness.FINGERPRINT, "ＡＣＭＥ", "acme", True),
        (Likeness.FINGERPRINT, "苏州博远", "苏州博源", False),
        (Likeness.CORE, "苏州博远有限公司", "博远股份公司", True),
        (Likeness.CORE, "博远有限公司", "知行有限公司", False),
        (Likeness.PINYIN, "博远机械", "博源机械", True),
        (Likeness.INITIALS, "苏州博远", "szby", True),
        (Likeness.NEAR, "苏州博远精密机械", "苏州博远精蜜机械", True),
        (Likeness.NEAR, "人民路第1分店", "人民路第2分店", False),
        (Likeness.NEAR, "博远", "博源", False),
        (Likeness.NEAR_PINYIN, "jingmi jixie", "jinmi jixie", True),
        (Likeness.NEAR_PINYIN, "青岛海曙", "成都知行", False),
    ],
)
def test_values_are_alike_by_the_way_that_was_asked_for(
    likeness: Likeness, one: str, other: str, is_alike: bool
) -> None:
    found = clusters({one: 2, other: 1}, likeness, default_stop_words())
    assert bool(found) == is_alike
    if found:
        assert found[0].values == ((one, 2), (other, 1)) and found[0].changes == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(min_size=1, max_size=12), st.integers(1, 9), max_size=30),
       st.sampled_from(Likeness))  # fmt: skip
def test_any_texts_are_clustered_and_each_stands_in_one_cluster(
    counts: dict[str, int], likeness: Likeness
) -> None:
    found = clusters(counts, likeness, default_stop_words())
    values = [value for one in found for value, _number in one.values]
    assert len(values) == len(set(values)) and set(values) <= set(counts)
    for one in found:
        assert len(one.values) > 1
        assert one.values[0][1] == max(number for _value, number in one.values)


def test_nothing_is_joined_through_a_chain_of_slips() -> None:
    chain = {"甲乙丙丁戊己": 3, "甲乙丙丁戊庚": 2, "甲乙丙丁辛庚": 1}
    [found] = clusters(chain, Likeness.NEAR)
    assert [value for value, _number in found.values] == ["甲乙丙丁戊己", "甲乙丙丁戊庚"]


def test_stop_words_are_the_companys_own(company: Company) -> None:
    counts = {"博远集团总部": 2, "博远": 1}
    assert not clusters(counts, Likeness.FINGERPRINT, ["有限公司"])
    assert clusters(counts, Likeness.FINGERPRINT, ["集团总部"])
    assert _client(company.li).post("/settings/stop-words/", {"words": "总部"}).status_code == 403
    client = _client(company.qian)
    assert (
        client.post("/settings/stop-words/", {"words": " 总部 \n\n集团\n集团"}).status_code == 303
    )
    assert ProfileSettings.objects.get().stop_words == ["总部", "集团"]
    assert client.post("/settings/stop-words/", {"words": "字" * 41}).status_code == 422
    assert "总部" in client.get("/settings/stop-words/").content.decode()


# --- applying -------------------------------------------------------------------------------------


def test_the_page_proposes_the_most_frequent_spelling(company: Company) -> None:
    _variants(company)
    html = _client(company.li).get(f"{ADDRESS}variants/").content.decode()
    assert 'name="target-0" value="星湖街8号"' in html and "星湖街 8 号" in html
    assert "星湖街-8号" not in html  # somebody else's record


def test_the_preview_tells_what_changes_and_what_lies_out_of_reach(company: Company) -> None:
    _variants(company)
    set_field_right(company.wang.roles.get(), "account", "phone", Right.READ)
    chosen = {"step": "preview", "use": "0", "target-0": " 星湖街8号 ",
              "member-0": ["星湖街8号", "星湖街 8 号", "星湖街-8号"]}  # fmt: skip
    html = _client(company.li).post(f"{ADDRESS}variants/", chosen).content.decode()
    assert "将修改 1 条记录" in html
    html = _client(company.qian).post(f"{ADDRESS}variants/", chosen).content.decode()
    assert "将修改 2 条记录" in html
    nothing = _client(company.li).post(f"{ADDRESS}variants/", {"step": "preview"})
    assert nothing.status_code == 422 and "没有选中" in nothing.content.decode()
    empty = _client(company.li).post(f"{ADDRESS}variants/", {**chosen, "target-0": " "})
    assert empty.status_code == 422


def test_one_batch_changes_only_what_one_may_change_and_is_taken_back_whole(
    company: Company,
) -> None:
    pks = _variants(company)
    before = [_stored(pk) for pk in pks]
    targets = {"星湖街 8 号": "星湖街 8号", "星湖街8号": "星湖街 8号", "星湖街-8号": "星湖街 8号"}
    client = _client(company.li)
    job = _apply(client, targets)
    assert [_row(pk).address for pk in pks] == ["星湖街 8号"] * 3 + ["星湖街-8号"]
    notes = Correction.objects.filter(rule="cluster", state="applied")
    assert sorted(notes.values_list("record_id", "before", "after")) == [
        (pks[0], "星湖街8号", "星湖街 8号"),
        (pks[1], "星湖街8号", "星湖街 8号"),
        (pks[2], "星湖街 8 号", "星湖街 8号"),
    ]
    assert len(set(notes.values_list("batch", flat=True))) == 1
    lines = ChangeEntry.objects.filter(object_key="account", action="change", source="bulk")
    assert lines.count() == 3
    assert client.post(f"/jobs/{job.pk}/undo/").status_code == 200
    run_worker(once=True)
    assert [_stored(pk) for pk in pks] == before
    assert notes.count() == 0 and Correction.objects.filter(state="undone").count() == 3


def test_what_somebody_changed_since_stays_when_the_batch_is_taken_back(company: Company) -> None:
    pks = _variants(company)
    client = _client(company.li)
    job = _apply(client, {"星湖街8号": "星湖街 8号"})
    save_records(
        SYSTEM, object_type("account"), [Draft({"address": "新址 1 号"}, pks[0])], source=TEST
    )
    client.post(f"/jobs/{job.pk}/undo/")
    run_worker(once=True)
    assert [_row(pk).address for pk in pks[:2]] == ["新址 1 号", "星湖街8号"]
    states = dict(Correction.objects.values_list("record_id", "state"))
    assert states == {pks[0]: "applied", pks[1]: "undone"}


def test_conditions_of_the_page_bound_the_batch(company: Company) -> None:
    pks = _variants(company)
    _apply(
        _client(company.qian), {"星湖街8号": "星湖街 8号", "星湖街-8号": "星湖街 8号"},
        where=f"owner:equals:{company.zhou.pk}",
    )  # fmt: skip
    assert [_row(pk).address for pk in pks] == [
        "星湖街8号",
        "星湖街8号",
        "星湖街 8 号",
        "星湖街 8号",
    ]


def test_tags_are_brought_together_within_the_record(company: Company) -> None:
    tags = next(
        one.name for one in object_type("account").builtin_fields.values() if one.kind.key == "tags"
    )
    pk = make("account", owner=company.li, **{tags: ["老客户", "老 客户", "展会"]})
    client = _client(company.li)
    address = f"/quality/profile/accounts/{tags}/variants/"
    assert "老 客户" in client.get(address).content.decode()
    client.post(address, {"step": "apply", "targets": json.dumps({"老 客户": "老客户"})})
    run_worker(once=True)
    assert getattr(_row(pk), tags) == ["老客户", "展会"]


@pytest.mark.parametrize(
    "targets", ["", "[]", "{}", "nonsense", '{"a":1}', '{"a":" "}', '{"a":"\\u0000"}']
)
def test_a_choice_put_together_by_hand_is_refused(company: Company, targets: str) -> None:
    answered = _client(company.li).post(
        f"{ADDRESS}variants/", {"step": "apply", "targets": targets}
    )
    assert answered.status_code == 400 and not Job.objects.exists()


def test_who_may_not_write_a_field_repairs_nothing(company: Company) -> None:
    _variants(company)
    set_field_right(company.li.roles.get(), "account", "address", Right.READ)
    client = _client(company.li)
    page = client.get(f"{ADDRESS}variants/")
    assert page.status_code == 200 and "预览修改" not in page.content.decode()
    given = {"step": "apply", "targets": json.dumps({"星湖街8号": "x"})}
    assert client.post(f"{ADDRESS}variants/", given).status_code == 403
    assert client.get(f"{ADDRESS}tidy/").status_code == 403
    set_field_right(company.li.roles.get(), "account", "address", Right.MASKED)
    assert client.get(f"{ADDRESS}variants/").status_code == 403


def test_every_field_is_clustered_or_says_why_not(declared: ObjectType, company: Company) -> None:
    make(declared.key, owner=company.li)
    client = _client(company.qian)
    for name, own in declared.fields().items():
        page = client.get(f"/quality/profile/{declared.path}/{name}/")
        variants = client.get(f"/quality/profile/{declared.path}/{name}/variants/")
        if page.status_code == 404:
            assert variants.status_code == 404
            continue
        assert (variants.status_code == 200) == (not why_no_variants(own)), name
        for likeness in own.kind.clustered_by:
            way = client.get(f"/quality/profile/{declared.path}/{name}/variants/?by={likeness}")
            assert way.status_code == 200


# --- tidying --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        (Transform("spaces"), " 星湖  街 ", "星湖 街"),
        (Transform("width"), "Ａ８号", "A8号"),
        (Transform("upper"), "abc", "ABC"),
        (Transform("lower"), "ABC", "abc"),
        (Transform("pad", length=5), "42", "00042"),
        (Transform("replace", find="路", put="街"), "人民路", "人民街"),
        (Transform("pad", length=5), "", ""),
    ],
)
def test_a_transform_does_just_one_thing(asked: Transform, before: str, after: str) -> None:
    assert not asked.problem
    assert transformed(asked, before) == after


def test_a_transform_says_what_it_lacks() -> None:
    wrong = [Transform("evil"), Transform("pad"), Transform("pad", 61), Transform("replace")]
    assert all(str(one.problem) for one in wrong)
    assert {one.key for one in wrong[1:]} <= set(LABELS)


def test_tidying_is_previewed_confirmed_by_its_count_and_undone(company: Company) -> None:
    pks = _variants(company)
    before = [_stored(pk) for pk in pks]
    client = _client(company.li)
    given = {"key": "replace", "find": "星湖街", "put": "金鸡湖路"}
    html = client.post(f"{ADDRESS}tidy/", {**given, "step": "preview"}).content.decode()
    assert "金鸡湖路8号" in html and "3 条会变" in html
    for sure in ("", "4"):
        refused = client.post(f"{ADDRESS}tidy/", {**given, "step": "apply", "sure": sure})
        assert refused.status_code == 422
    assert not Job.objects.exists()
    answered = client.post(f"{ADDRESS}tidy/", {**given, "step": "apply", "sure": "3"})
    assert answered.status_code == 303
    run_worker(once=True)
    assert [_row(pk).address for pk in pks] == [
        "金鸡湖路8号", "金鸡湖路8号", "金鸡湖路 8 号", "星湖街-8号",
    ]  # fmt: skip
    job = Job.objects.latest("pk")
    client.post(f"/jobs/{job.pk}/undo/")
    run_worker(once=True)
    assert [_stored(pk) for pk in pks] == before


def test_under_conditions_no_count_is_typed(company: Company) -> None:
    pks = _variants(company)
    answered = _client(company.li).post(
        f"{ADDRESS}tidy/", {"key": "replace", "find": "8", "put": "9", "step": "apply"},
        query_params={"where": "address:has_shape:汉{3}9汉"},
    )  # fmt: skip
    assert answered.status_code == 303
    run_worker(once=True)
    assert [_row(pk).address for pk in pks[:3]] == ["星湖街9号", "星湖街9号", "星湖街 8 号"]
