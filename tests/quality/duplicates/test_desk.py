"""Pairs at the desk and in the list: what is shown to whom, what each key does, and undoing it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.customers.account import ACCOUNT
from keqiao.quality.duplicates.deciding import Verdict, decide, open_pairs
from keqiao.quality.duplicates.models import DuplicatePair, PairStatus, Relation
from keqiao.quality.duplicates.source import PairSource
from keqiao.quality.queue.sources import Answer, Choice, Decision, QueueProblem
from keqiao.records.models import Merge
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make, save_one
from tests.quality.duplicates.finding import found, keep, pair_of
from tests.ui.test_pages import browser

LIST, DESK = "/quality/duplicates/", "/quality/queue/duplicates/"
SOURCE = PairSource()


def _of(user: User) -> Access:
    return Access.for_user(user)


def _two(owner: User, **more: str) -> tuple[int, int]:
    one = make("account", seed=1, owner=owner, parent=None, name="苏州博远科技有限公司",
               phone="13800138001", **more)  # fmt: skip
    two = make("account", seed=2, owner=owner, parent=None, name="博远科技（苏州）有限公司",
               phone="13800138002", **more)  # fmt: skip
    return one, two


def test_both_records_stand_side_by_side_with_reasons_and_no_probability(company: Company) -> None:
    one, two = _two(company.wang)
    keep(one, two, probability=0.98765)
    item = SOURCE.next(_of(company.wang))
    assert item is not None
    names = {line.label: [option.text for option in line.options] for line in item.lines}
    assert sorted(names["客户名称"]) == ["博远科技（苏州）有限公司", "苏州博远科技有限公司"]
    assert "电话相同" in item.facts[0].text.replace(" ", "")
    assert "987" not in str(item)
    assert {side.url for side in item.sides} == {f"/accounts/{one}/", f"/accounts/{two}/"}


def test_accepting_merges_with_the_values_chosen_and_undo_takes_it_apart(company: Company) -> None:
    one, two = _two(company.wang)
    keep(one, two)
    access = _of(company.wang)
    item = SOURCE.next(access)
    assert item is not None
    options = {line.name: line for line in item.lines}["phone"].options
    wanted = next(option for option in options if "8002" in option.text.replace(" ", ""))
    choices = {"verdict": Choice("same"), "phone": Choice(wanted.key)}
    SOURCE.decide(access, item.id, Answer(Decision.ACCEPT, choices, revision=item.revision))
    assert pair_of(one, two).status == PairStatus.MERGED
    assert pair_of(one, two).decided_by_id == company.wang.pk
    left = records(SYSTEM, ACCOUNT).get(pk__in=[one, two])
    assert left.phone.endswith("13800138002")
    SOURCE.undo(access, item.id)
    assert records(SYSTEM, ACCOUNT).filter(pk__in=[one, two]).count() == 2
    pair = pair_of(one, two)
    assert (pair.status, pair.decided_by_id) == (PairStatus.NEW, None)


def test_who_may_not_merge_says_the_same_and_his_manager_merges(company: Company) -> None:
    one, two = _two(company.li)
    keep(one, two)
    li, wang = _of(company.li), _of(company.wang)
    set_right(company.li.roles.get(), "account", Action.DELETE, Level.NONE)
    item = SOURCE.next(li)
    assert item is not None
    SOURCE.decide(li, item.id, Answer(Decision.ACCEPT, {"verdict": Choice("same")}))
    assert pair_of(one, two).status == PairStatus.SAME
    assert SOURCE.next(li) is None
    waiting = SOURCE.next(wang)
    assert waiting is not None
    SOURCE.decide(wang, waiting.id, Answer(Decision.ACCEPT, revision=waiting.revision))
    assert pair_of(one, two).status == PairStatus.MERGED


def test_dismissing_is_for_ever_and_related_is_kept_with_its_kind(company: Company) -> None:
    one, two = _two(company.wang)
    three = make("account", seed=3, owner=company.wang, parent=None)
    access = _of(company.wang)
    SOURCE.decide(access, keep(one, two).pk, Answer(Decision.DISMISS))
    assert pair_of(one, two).status == PairStatus.DIFFERENT
    related = Answer(Decision.ACCEPT, {"verdict": Choice("household")})
    SOURCE.decide(access, keep(one, three).pk, related)
    assert pair_of(one, three).relation == Relation.HOUSEHOLD
    assert SOURCE.count(access) == 0
    SOURCE.undo(access, pair_of(one, three).pk)
    assert SOURCE.count(access) == 1
    page = browser(company.wang).get(f"/accounts/{one}/").content.decode()
    assert "可能与另一条记录重复" in page


def test_what_somebody_changed_meanwhile_is_not_overruled(company: Company) -> None:
    one, two = _two(company.wang)
    keep(one, two)
    access = _of(company.wang)
    item = SOURCE.next(access)
    assert item is not None
    save_one(SYSTEM, "account", {"note": "刚改过"}, record_id=two)
    with pytest.raises(QueueProblem):
        SOURCE.decide(access, item.id, Answer(Decision.ACCEPT, revision=item.revision))
    assert pair_of(one, two).status == PairStatus.NEW
    with pytest.raises(QueueProblem):
        SOURCE.decide(access, item.id, Answer(Decision.ACCEPT, {"verdict": Choice("cousin")}))


def test_a_contradiction_is_told_and_holds_until_said_twice(company: Company) -> None:
    one, two = _two(company.wang)
    three = make("account", seed=3, owner=company.wang, parent=None)
    decide(SYSTEM, keep(one, three).pk, Verdict(PairStatus.DIFFERENT))
    decide(SYSTEM, keep(two, three).pk, Verdict(PairStatus.SAME))
    access, pair = _of(company.wang), keep(one, two)
    with pytest.raises(QueueProblem) as refused:
        SOURCE.decide(access, pair.pk, Answer(Decision.ACCEPT))
    assert refused.value.may_insist
    assert not Merge.objects.exists()
    SOURCE.decide(access, pair.pk, Answer(Decision.ACCEPT, is_sure=True))
    assert Merge.objects.count() == 1


# --- rights ---------------------------------------------------------------------------------------


def test_a_pair_with_a_record_out_of_sight_is_nowhere(company: Company) -> None:
    mine = make("account", seed=1, owner=company.li, parent=None, name="苏州博远科技有限公司")
    foreign = make("account", seed=2, owner=company.zhou, parent=None, name="成都秘密客户")
    pair = keep(mine, foreign)
    client = browser(company.li)
    assert SOURCE.next(_of(company.li)) is None
    assert SOURCE.count(_of(company.li)) == 0
    for url in (LIST, f"{LIST}?status=", f"{DESK}?at={pair.pk}", f"/accounts/{mine}/"):
        assert "秘密" not in client.get(url).content.decode(), url
    for decision in ("accept", "dismiss", "undo"):
        client.post(DESK, {"item": pair.pk, "last": pair.pk, "decision": decision})
    client.post(f"{LIST}{pair.pk}/take-back/")
    assert pair_of(mine, foreign).status == PairStatus.NEW


def test_reasons_about_a_field_out_of_sight_are_not_told(company: Company) -> None:
    one, two = _two(company.wang, email="same@example.com")
    keep(one, two, reasons=(("email", "same"), ("phone", "similar")))
    set_field_right(company.wang.roles.get(), "account", "email", Right.HIDDEN)
    for url in (LIST, DESK):
        page = browser(company.wang).get(url).content.decode()
        assert "邮箱相同" not in page.replace(" ", "") and "same@example.com" not in page, url
        assert "电话" in page


def test_nobody_without_the_right_gets_the_pages(company: Company) -> None:
    assert Client().get(LIST).status_code == 302
    assert browser(company.li).post(f"{LIST}compare/").status_code in {403, 404}
    assert browser(company.sun).get(LIST).status_code == 200
    assert browser(company.sun).get(f"{LIST}merge/").status_code == 403
    assert browser(company.sun).get(DESK).status_code == 404


# --- the list -------------------------------------------------------------------------------------


def test_the_list_is_read_page_by_page_the_likeliest_first(company: Company) -> None:
    from keqiao.quality.duplicates.models import Scenario
    from keqiao.quality.duplicates.pairs import record_pairs

    ids = [make("account", seed=seed, owner=company.wang, parent=None) for seed in range(1, 13)]
    pairs = [(a, b) for at, a in enumerate(ids) for b in ids[at + 1 :]][:60]
    record_pairs(
        [found(a, b, weight=float(number % 7)) for number, (a, b) in enumerate(pairs)],
        Scenario.NIGHTLY, "0",
    )  # fmt: skip
    client, url, seen, weights = browser(company.wang), LIST, [], []
    while url:
        response = client.get(url)
        seen += [row["id"] for row in response.context["rows"]]
        url = response.context["more_url"]
    assert len(seen) == len(set(seen)) == 60
    by_id = DuplicatePair.objects.in_bulk(seen)
    weights = [by_id[pk].weight for pk in seen]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=nan:1", "after=1e999:2", "status=no", "object=no", "band=' OR 1", "owner=9"],
)
def test_a_mistyped_address_is_no_error(company: Company, query: str) -> None:
    assert browser(company.wang).get(f"{LIST}?{query}").status_code == 200


def test_a_decision_is_taken_back_from_the_list(company: Company) -> None:
    one, two = _two(company.wang)
    pair = decide(_of(company.wang), keep(one, two).pk, Verdict(PairStatus.DIFFERENT))
    client = browser(company.wang)
    page = client.get(f"{LIST}?status=different").content.decode()
    assert f"{LIST}{pair.pk}/take-back/" in page and "王经理" in page
    client.post(f"{LIST}{pair.pk}/take-back/")
    assert list(open_pairs(_of(company.wang))) == [pair_of(one, two)]


def test_the_list_takes_few_queries_however_many_pairs(
    company: Company, django_assert_max_num_queries: pytest.fixture
) -> None:
    ids = [make("account", seed=seed, owner=company.wang, parent=None) for seed in range(1, 12)]
    for left, right in pairwise(ids):
        keep(left, right)
    client = browser(company.wang)
    client.get(LIST)
    with django_assert_max_num_queries(25):
        client.get(LIST)


def test_the_record_page_keeps_to_its_queries(
    company: Company, django_assert_max_num_queries: pytest.fixture
) -> None:
    ids = [make("account", seed=seed, owner=company.wang, parent=None) for seed in range(1, 8)]
    for other in ids[1:4]:
        keep(ids[0], other)
    for other in ids[4:]:
        keep(ids[0], other, link="branch")
    client = browser(company.wang)
    client.get(f"/accounts/{ids[0]}/")
    with django_assert_max_num_queries(25):
        page = client.get(f"/accounts/{ids[0]}/").content.decode()
    assert "可能与 3 条记录重复" in page and "总公司与分公司" in page
