"""Repeating a POST: done once, answered alike; another body, a running twin and old keys (fault 15)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from keqiao.access.directory import add_user
from keqiao.api import idempotency, writing
from keqiao.api.models import IdempotentRequest
from keqiao.api.tasks import forget_api_answers
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.catalog.state import forget_versions
from tests.api.conftest import Program
from tests.company import PASSWORD

NAME = {"name": "杭州云栖科技有限公司"}


def count() -> int:
    return object_type("account").model._default_manager.count()


def test_a_repeat_is_done_once_and_answered_alike(li: Program) -> None:
    first = li.post("accounts", NAME, Idempotency_Key="order-1")
    again = li.post("accounts", NAME, Idempotency_Key="order-1")
    assert (first.status_code, again.status_code, count()) == (201, 201, 1)
    assert again.content == first.content
    for header in ("Content-Type", "ETag", "Location"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_a_refusal_is_an_answer_too(li: Program) -> None:
    first = li.post("accounts", {"name": ""}, Idempotency_Key="order-2")
    again = li.post("accounts", {"name": ""}, Idempotency_Key="order-2")
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.content == first.content


def test_another_body_or_address_under_the_same_key_is_refused(li: Program) -> None:
    li.post("accounts", NAME, Idempotency_Key="order-3")
    for address, body in (
        ("accounts", {"name": "别的有限公司"}),
        ("accounts?allow_duplicates=true", NAME),
        ("accounts/bulk", {"items": [NAME]}),
    ):
        answer = li.post(address, body, Idempotency_Key="order-3")
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert count() == 1


def test_keys_of_different_callers_never_meet(li: Program, zhou: Program) -> None:
    assert li.post("accounts", NAME, Idempotency_Key="same").status_code == 201
    answer = zhou.post("accounts?allow_duplicates=true", NAME, Idempotency_Key="same")
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_batch_is_repeated_safely(li: Program) -> None:
    items = {"items": [{"name": f"批量{n}有限公司"} for n in range(5)]}
    first = li.post("accounts/bulk", items, Idempotency_Key="batch")
    assert li.post("accounts/bulk", items, Idempotency_Key="batch").content == first.content
    assert count() == 5


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "键"])
def test_keys_have_a_form(key: str, li: Program) -> None:
    assert li.post("accounts", NAME, Idempotency_Key=key).status_code == 400


def test_a_key_is_forgotten_after_a_day(li: Program) -> None:
    li.post("accounts", NAME, Idempotency_Key="old")
    long_ago = now() - timedelta(hours=25)
    IdempotentRequest.objects.update(created_at=long_ago, claimed_at=long_ago)
    fresh = li.post("accounts?allow_duplicates=true", NAME, Idempotency_Key="old")
    assert (fresh.status_code, count()) == (201, 2)
    IdempotentRequest.objects.update(created_at=long_ago)
    assert forget_api_answers.call() == 1
    assert IdempotentRequest.objects.count() == 0


def test_answers_are_not_kept_in_plain_text(li: Program) -> None:
    li.post("accounts", {**NAME, "phone": "13912345678"}, Idempotency_Key="secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM api_idempotentrequest")
        kept = repr(cursor.fetchall())
    assert "13912345678" not in kept
    assert NAME["name"] not in kept


def test_a_fault_frees_the_key(li: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        msg = "broken"
        raise RuntimeError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "save_records", fail)
        assert li.post("accounts", NAME, Idempotency_Key="fault").status_code == 500
    assert li.post("accounts", NAME, Idempotency_Key="fault").status_code == 201
    assert count() == 1


def claim_of_another(status: int = 0, **changes: Any) -> None:
    IdempotentRequest.objects.update(status=status, claim="f" * 32, **changes)


def test_while_the_first_one_runs_the_second_waits(
    li: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    li.post("accounts", NAME, Idempotency_Key="running")
    claim_of_another(claimed_at=now(), claimed_by="elsewhere:1")
    answer = li.post("accounts", NAME, Idempotency_Key="running")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert 1 <= int(answer.headers["Retry-After"]) <= idempotency.CLAIM_SECONDS + 1


@pytest.mark.parametrize("reason", ["old", "dead"])
def test_a_claim_that_is_old_or_whose_process_died_is_taken_over(reason: str, li: Program) -> None:
    li.post("accounts", NAME, Idempotency_Key="left")
    moment = now() - timedelta(seconds=idempotency.CLAIM_SECONDS + 1)
    mine, _colon, _pid = idempotency._process().rpartition(":")
    if reason == "old":
        claim_of_another(claimed_at=moment, claimed_by="elsewhere:1")
    else:
        claim_of_another(claimed_at=now(), claimed_by=f"{mine}:{2**22 + 1}")
    answer = li.post("accounts?allow_duplicates=true", NAME, Idempotency_Key="left")
    assert answer.json()["code"] == "key_reused"
    again = li.post("accounts", NAME, Idempotency_Key="left")
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")


def test_whoever_lost_the_claim_cannot_commit(li: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker hangs until a second took its request over; its work is rolled back."""
    original = writing.create_record

    def slow(*args: Any) -> Any:
        response = original(*args)
        claim_of_another()
        return response

    with monkeypatch.context() as patch:
        patch.setattr(writing, "create_record", slow)
        answer = li.post("accounts", NAME, Idempotency_Key="zombie")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert count() == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twins_at_the_same_moment_make_one_record() -> None:
    caller = Program(add_user("race", "竞争", PASSWORD, is_administrator=True))
    answers: list[Any] = []
    barrier = threading.Barrier(6)

    def send() -> None:
        try:
            forget_versions()
            barrier.wait()
            answers.append(caller.post("accounts", NAME, Idempotency_Key="twin"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count() == 1
    codes = {answer.status_code for answer in answers}
    assert codes <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert caller.post("accounts", NAME, Idempotency_Key="twin").status_code == 201
    assert count() == 1
