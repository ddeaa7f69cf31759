"""The change log shows tampering, and events reach their subscribers however many others there are."""

from __future__ import annotations

import pytest

from keqiao.base.clock import now
from keqiao.records import outbox
from keqiao.records.audit import ChangeLine, _digest, verify_chain
from keqiao.records.models import ChainHead, ChangeEntry, Event
from tests.company import make_all


@pytest.fixture
def lines(db: None) -> int:
    make_all("account", [{}, {}, {}])
    return ChangeEntry.objects.count()


def test_a_sound_log_is_sound_and_counts_its_lines(lines: int) -> None:
    report = verify_chain()
    assert report.sound and report.checked == lines


def test_lines_changed_removed_or_added_by_hand_show(lines: int) -> None:
    last = ChangeEntry.objects.order_by("-id")[0]
    ChangeEntry.objects.filter(pk=last.pk).update(actor_name="somebody else")
    assert verify_chain().broken_at == last.pk
    ChangeEntry.objects.filter(pk=last.pk).delete()
    assert verify_chain().truncated


def test_a_line_chained_on_by_hand_shows(lines: int) -> None:
    forged = ChangeLine("account", 1, "change", after={"name": "x"}, at=now())
    ChangeEntry.objects.create(
        object_key="account", record_id=1, action="change", actor_name="", source="",
        at=forged.at, after=forged.after, digest=_digest(ChainHead.objects.get(pk=1).digest, forged),
    )  # fmt: skip
    assert not verify_chain().sound


def test_a_subscriber_does_not_wait_behind_events_of_others(
    lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(
        outbox, "_subscribers", {"lead.created": [("t", lambda event: heard.append(event.pk))]}
    )
    monkeypatch.setattr(outbox, "_READ_AT_ONCE", 2)
    [lead] = make_all("lead", [{}])
    rounds = 0
    while outbox.dispatch_events():
        rounds += 1
    assert heard == [Event.objects.get(name="lead.created", record_id=lead).pk]
    assert rounds == 2
