"""Fault 1: the web server is killed in the middle of saves; nothing is half there, nothing twice."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.installation import Installation, prepared

ROUNDS = int(os.environ.get("KEQIAO_FAULT_ROUNDS", "40"))
TRIES = 80

TOKEN = """
from keqiao.access.directory import add_user
from keqiao.access.tokens import issue_token
user = add_user("program", "程序", None, is_administrator=True)
result = issue_token(user, "fault", ["*:write"], days=1)[1]
"""
STATE = """
from keqiao.catalog.registry import object_type
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChangeEntry, Event, SearchEntry
from keqiao.api.models import IdempotentRequest
accounts = object_type("account").model._default_manager
result = {
    "names": sorted(accounts.values_list("name", flat=True)),
    "ids": sorted(accounts.values_list("pk", flat=True)),
    "numbers": len(set(accounts.values_list("number", flat=True))),
    "changed": sorted(ChangeEntry.objects.values_list("record_id", flat=True)),
    "events": sorted(Event.objects.values_list("record_id", flat=True)),
    "found": sorted(SearchEntry.objects.values_list("record_id", flat=True)),
    "sound": verify_chain().sound,
    "in_flight": IdempotentRequest.objects.filter(status=0).count(),
}
"""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, prepared())
    try:
        made.start()
        yield made
    finally:
        made.stop()


def send_until_answered(installation: Installation, secret: str, number: int) -> dict[str, object]:
    """What a careful program does: repeat the same request until there is an answer."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency_Key": f"round-{number}"}
    body = {"name": f"第{number}号精密机械有限公司", "phone": f"138{number:08}"}
    for _attempt in range(TRIES):
        try:
            status, answered, content = installation.call(
                "POST", "/api/v1/accounts", body, **headers
            )
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        if status == 409 and json.loads(content)["code"] == "in_flight":
            time.sleep(min(float(answered["Retry-After"]), 0.3))
            continue
        assert status == 201, content
        return dict(json.loads(content))
    raise AssertionError(f"round {number} was never answered")


def test_killed_saves_are_whole_and_single(installation: Installation) -> None:
    secret = installation.script(TOKEN)
    rng = random.Random(20261122)
    answers: dict[int, dict[str, object]] = {}
    killed = 0
    for number in range(ROUNDS):

        def send(number: int = number) -> None:
            answers[number] = send_until_answered(installation, secret, number)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(rng.uniform(0.001, 0.050))
        for worker in installation.workers():
            # The master may just have noticed that an earlier kill took it.
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
                killed += 1
        sender.join()
    assert killed >= ROUNDS
    assert len(answers) == ROUNDS
    state = installation.script(STATE)
    assert state["names"] == sorted(f"第{n}号精密机械有限公司" for n in range(ROUNDS))
    assert state["ids"] == sorted(answer["id"] for answer in answers.values())
    assert state["changed"] == state["events"] == state["found"] == state["ids"]
    assert (state["numbers"], state["sound"], state["in_flight"]) == (ROUNDS, True, 0)
