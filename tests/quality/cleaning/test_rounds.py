"""Rounds over stored records happen exactly once, leave a way back at each level, and keep to the rights."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs import board
from keqiao.jobs.problems import JobCancelled
from keqiao.jobs.worker import run_worker
from keqiao.quality.cleaning import batches
from keqiao.quality.cleaning.batches import correct_nightly, start_batch, undo_lines
from keqiao.quality.cleaning.confidence import Level
from keqiao.quality.cleaning.models import (
    Correction,
    CorrectionBatch,
    CorrectionState,
    NightlyCorrection,
    RuleMode,
    RuleSetting,
)
from keqiao.quality.cleaning.reach import corrections_seen
from keqiao.quality.cleaning.rule_modes import decide_mode, standings
from keqiao.quality.cleaning.source import BY_HAND, CorrectionSource
from keqiao.quality.cleaning.stored import rule_records
from keqiao.quality.queue.sources import Answer, Choice, Decision, QueueProblem
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make

ACCOUNT = object_type("account")
MOVING = {"version", "updated_at", "updated_by", "quality", "quality_score"}


def torn(owner, seed: int) -> int:
    return make(
        "account", owner=owner, seed=seed, name=f"博远{seed} 科技有限 公司",
        email=f"li{seed}@gmial.com", region="", phone="", more_phones=[],
        address="江苏省苏州市吴中区人民路1号",
    )  # fmt: skip


@pytest.fixture
def shop(company: Company) -> Company:
    for seed in (1, 2, 3):
        torn(company.li, seed)
    torn(company.zhou, 4)
    return company


def values(pk: int) -> dict:
    record = get_record(SYSTEM, ACCOUNT, pk)
    return {name: own.value(record) for name, own in ACCOUNT.fields().items() if name not in MOVING}


def everything() -> dict[int, dict]:
    return {pk: values(pk) for pk in records(SYSTEM, ACCOUNT).values_list("pk", flat=True)}


def round_of(user, **more) -> CorrectionBatch:
    batch = start_batch(Access.for_user(user), ACCOUNT, may_apply=more.pop("may_apply", True))
    run_worker(once=True)
    batch.refresh_from_db()
    return batch


def test_a_round_stays_in_the_reach_of_who_began_it(shop: Company) -> None:
    batch = round_of(shop.li)
    assert (batch.looked_at, batch.applied, batch.suggested, batch.lost) == (3, 6, 3, 0)
    assert batch.finished_at is not None and batch.total == 3
    [foreign] = records(SYSTEM, ACCOUNT).filter(owner=shop.zhou)
    assert values(foreign.pk)["name"] == "博远4 科技有限 公司"
    assert not Correction.objects.filter(record_id=foreign.pk).exists()


def test_only_proposing_changes_nothing(shop: Company) -> None:
    before = everything()
    batch = round_of(shop.li, may_apply=False)
    assert (batch.applied, batch.suggested) == (0, 9)
    assert everything() == before


def test_a_round_cut_short_goes_on_and_gives_each_record_one_turn(
    shop: Company, monkeypatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    seen = []

    def dies(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            message = "the machine went down"
            raise RuntimeError(message)

    monkeypatch.setattr(batches, "progress", dies)
    batch = start_batch(Access.for_user(shop.li), ACCOUNT, may_apply=True)
    with pytest.raises(RuntimeError):
        batches.run_batch(batch)
    batch.refresh_from_db()
    assert (batch.looked_at, batch.finished_at) == (2, None)
    batches.run_batch(batch)
    batch.refresh_from_db()
    assert (batch.looked_at, batch.applied) == (3, 6)
    assert Correction.objects.filter(state=CorrectionState.APPLIED).count() == 6


def test_a_cancelled_round_says_so_and_keeps_what_it_did(shop: Company, monkeypatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)

    def cancelled(_done: int, _total: int) -> None:
        raise JobCancelled

    monkeypatch.setattr(batches, "progress", cancelled)
    batch = start_batch(Access.for_user(shop.li), ACCOUNT, may_apply=True)
    with pytest.raises(JobCancelled):
        batches.run_batch(batch)
    batch.refresh_from_db()
    assert batch.is_stopped and batch.looked_at == 1 and batch.applied == 2


@pytest.mark.parametrize(
    ("chosen", "back"),
    [
        ({}, 6),
        ({"field": "name"}, 3),
        ({"rule": "inner_spaces"}, 3),
        ({"record": "first"}, 2),
    ],
)
def test_undo_at_each_level_gives_every_value_back(shop: Company, chosen, back) -> None:
    before = everything()
    batch = round_of(shop.li)
    after = everything()
    first = min(after)
    given = {"batch": batch.key, **chosen}
    if given.pop("record", ""):
        given["record_id"] = first
    decided = undo_lines(Access.for_user(shop.li), ACCOUNT, Correction.objects.filter(**given))
    assert (decided.done, decided.conflicts) == (back, [])
    for pk, row in everything().items():
        for name, value in row.items():
            is_back = given.get("record_id", pk) == pk and (
                given.get("field", name) == name if "rule" not in given else name == "name"
            )
            assert value == (before if is_back else after)[pk][name], name


def test_the_night_takes_only_what_changed_since_and_rests_where_switched_off(
    shop: Company,
) -> None:
    first = correct_nightly.func()
    assert (first["applied"], first["lost"]) == (8, 0)
    again = correct_nightly.func()
    assert again["applied"] == 0
    fresh = torn(shop.li, 9)
    NightlyCorrection.objects.create(object_key="account", is_on=False)
    correct_nightly.func()
    assert values(fresh)["name"] == "博远9 科技有限 公司"
    NightlyCorrection.objects.update(is_on=True, may_apply=False)
    result = correct_nightly.func()
    # By now five records share the mail host, so it is no slip any more.
    assert (result["applied"], result["suggested"]) == (0, 2)


def test_a_rule_people_take_back_demotes_itself_and_is_promoted_by_hand(shop: Company) -> None:
    rows = [
        Correction(
            object_key="account", record_id=1, field="name", before="a", after="b", confidence=1,
            rule="inner_spaces", rule_version=1, evidence="", source="correction", batch="x",
            made_at=now() - timedelta(days=1), state=state,
        )
        for state in [CorrectionState.UNDONE] * 2 + [CorrectionState.APPLIED] * 30
    ]  # fmt: skip
    Correction.objects.bulk_create(rows)

    def level() -> Level | None:
        return next(one for one in standings(rule_records()) if one.rule.id == "inner_spaces").level

    assert level() is Level.SUGGEST
    decide_mode(SYSTEM, "inner_spaces", RuleMode.APPLY)
    assert level() is not Level.FLAG and not rule_records()["inner_spaces"].is_demoted
    decide_mode(SYSTEM, "inner_spaces", RuleMode.OFF)
    assert level() is None
    batch = round_of(shop.li)
    assert batch.applied == 3  # the regions alone
    decide_mode(SYSTEM, "inner_spaces", "")
    assert not RuleSetting.objects.exists()


def test_what_was_learned_only_proposes(company: Company) -> None:
    for seed in range(25):
        make(
            "account",
            owner=company.li,
            seed=seed + 1,
            name=f"第{seed}号软件有限公司",
            industry="software",
        )
    blank = make("account", owner=company.li, seed=90, name="常州软件有限公司", industry="")
    round_of(company.li)
    [line] = Correction.objects.filter(rule="usual_choice")
    assert (line.record_id, line.field, line.after) == (blank, "industry", "software")
    assert line.state == CorrectionState.FLAGGED
    assert values(blank)["industry"] in ("", None)


# --- the desk ---------------------------------------------------------------------------------------


def answer(field: str, option: str, text: str = "") -> Answer:
    return Answer(Decision.ACCEPT, {field: Choice(option, text)})


def test_a_proposal_is_taken_over_left_or_typed_anew_and_undone(shop: Company) -> None:
    round_of(shop.li)
    source, access = CorrectionSource(), Access.for_user(shop.li)
    assert source.count(access) == 3
    before = everything()
    item = source.next(access)
    assert item is not None and [line.name for line in item.lines] == ["email"]
    pk = Correction.objects.get(pk=item.id).record_id
    source.decide(access, item.id, answer("email", "proposed"))
    assert values(pk)["email"].endswith("@gmail.com")
    with pytest.raises(QueueProblem) as gone:
        source.decide(access, item.id, answer("email", "proposed"))
    assert gone.value.is_gone
    source.undo(access, item.id)
    assert everything() == before and source.count(access) == 3
    source.decide(access, item.id, answer("email", "keep"))
    assert source.count(access) == 2
    source.undo(access, item.id)
    for wrong in ("", "no address"):
        with pytest.raises(QueueProblem):
            source.decide(access, item.id, answer("email", "other", wrong))
    assert everything() == before
    source.decide(access, item.id, answer("email", "other", "li@boyuan.cn"))
    assert values(pk)["email"] == "li@boyuan.cn"
    source.undo(access, item.id)
    assert everything() == before and source.count(access) == 3
    assert not Correction.objects.filter(rule=BY_HAND).exists()


def test_nobody_decides_or_sees_what_is_not_his(shop: Company) -> None:
    round_of(shop.qian)
    source = CorrectionSource()
    item = source.next(Access.for_user(shop.li))
    assert item is not None
    other = Access.for_user(shop.zhou)
    assert source.count(other) == 1 and source.item(other, item.id) is None
    with pytest.raises(QueueProblem):
        source.decide(other, item.id, answer("email", "proposed"))
    with pytest.raises(QueueProblem):
        source.undo(other, item.id)


def test_a_proposal_that_tells_of_a_hidden_field_is_not_shown(shop: Company) -> None:
    round_of(shop.qian, may_apply=False)
    access = Access.for_user(shop.li)
    assert corrections_seen(access, ACCOUNT).filter(field="region").exists()
    set_field_right(Role.objects.get(key="sales"), "account", "address", Right.HIDDEN)
    access = Access.for_user(shop.li)
    assert not corrections_seen(access, ACCOUNT).exists()
    assert CorrectionSource().count(access) == 0


# --- the pages --------------------------------------------------------------------------------------


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_pages_show_rounds_lines_and_rules_and_take_back(shop: Company) -> None:
    client = browser(shop.li)
    began = client.post("/quality/corrections/", {"object": "account", "do": "apply"})
    assert began.status_code == 303 and "/jobs/" in began.headers["Location"]
    run_worker(once=True)
    batch = CorrectionBatch.objects.get()
    page = client.get("/quality/corrections/?object=account").content.decode()
    assert "修复 6 处" in page and "没有数据丢失" in page
    lines = f"/quality/corrections/lines/?object=account&batch={batch.key}"
    assert "博远1 科技有限 公司" in client.get(lines).content.decode()
    assert client.get("/settings/correction-rules/").status_code == 403
    assert browser(shop.qian).get("/settings/correction-rules/").status_code == 200
    assert "博远1" not in browser(shop.zhou).get(lines).content.decode()
    stranger = browser(shop.zhou).post(
        "/quality/corrections/lines/", {"object": "account", "batch": batch.key}
    )
    assert stranger.status_code == 303
    assert Correction.objects.filter(state=CorrectionState.APPLIED).count() == 6
    client.post("/quality/corrections/lines/", {"object": "account", "batch": batch.key})
    assert not Correction.objects.filter(state=CorrectionState.APPLIED).exists()
    assert client.post("/quality/corrections/lines/", {"object": "account"}).status_code == 400


def test_much_is_taken_back_in_the_background(shop: Company, monkeypatch) -> None:
    from keqiao.quality.cleaning import pages

    before = everything()
    batch = round_of(shop.li)
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    asked = browser(shop.li).post(
        "/quality/corrections/lines/", {"object": "account", "batch": batch.key}
    )
    assert "/jobs/" in asked.headers["Location"]
    run_worker(once=True)
    assert everything() == before
    assert board.recent_jobs(1)[0].status == "done"


def test_rules_are_decided_by_administrators_alone(shop: Company) -> None:
    address = "/settings/correction-rules/decide/"
    sent = {"rule": "inner_spaces", "mode": "off"}
    assert browser(shop.wang).post(address, sent).status_code == 403
    assert browser(shop.qian).post(address, sent).status_code == 303
    assert RuleSetting.objects.get().mode == "off"
    assert browser(shop.qian).post(address, {**sent, "rule": "no_such"}).status_code == 404
    browser(shop.qian).post("/settings/correction-rules/nightly/", {"on": ["account"]})
    row = NightlyCorrection.objects.get(object_key="account")
    assert (row.is_on, row.may_apply) == (True, False)
