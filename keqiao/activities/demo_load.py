"""Loads invented follow-ups beside invented customers, through the same write path as real ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.utils.timezone import get_current_timezone

from keqiao.access.access import Access
from keqiao.activities.activity import COMMENT
from keqiao.activities.demo import COMMENTED_SHARE, PER_ACCOUNT, Customer, FollowUpMaker
from keqiao.catalog.pointer import pointer
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import DEMO, Draft, Saved
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keqiao.customers.demo_load import Loaded


class FollowUps:
    """Makes and saves the follow-ups of each batch of customers as soon as these are there."""

    def __init__(self, seed: int, until: datetime, per_account: int = PER_ACCOUNT) -> None:
        self.per_account = per_account
        self.maker = FollowUpMaker(seed, until)
        self.access = Access.system("load demo data")
        self.made = {"activities": 0, "comments": 0}
        self.seconds = 0.0

    def __call__(self, key: str, loaded: Sequence[Loaded]) -> None:
        begun = time.perf_counter()
        self._load(key, loaded)
        self.seconds += time.perf_counter() - begun

    def _load(self, key: str, loaded: Sequence[Loaded]) -> None:
        by_type: dict[str, list[dict[str, Any]]] = {}
        for one in loaded:
            if one.owner_id is None:
                continue
            customer = Customer(
                pointer(key, one.id), one.created_at, one.owner_id, one.people, one.who
            )
            count = self.per_account if key == "account" else 1 + int(self.maker.rng.random() * 3)
            for kind, draft in self.maker.activities(customer, count):
                by_type.setdefault(kind, []).append(draft)
        for kind, drafts in by_type.items():
            ids = self._save(kind, drafts)
            self.made["activities"] += len(ids)
            if kind == "note":
                self._remark(ids, drafts)

    def _remark(self, ids: list[int], drafts: Sequence[dict[str, Any]]) -> None:
        """Let colleagues comment on a few notes."""
        people = sorted({draft["values"]["owner"] for draft in drafts})
        remarks = [
            {
                "values": {
                    "about": pointer("note", pk),
                    "body": self.maker.comment(),
                    "owner": people[int(self.maker.rng.random() * len(people))],
                },
                "recorded_at": draft["recorded_at"],
            }
            for pk, draft in zip(ids, drafts, strict=False)
            if self.maker.rng.random() < COMMENTED_SHARE
        ]
        self.made["comments"] += len(self._save(COMMENT, remarks))

    def _save(self, kind: str, drafts: Sequence[dict[str, Any]]) -> list[int]:
        zone = get_current_timezone()
        for one in drafts:
            values = one["values"]
            for name in ("at", "ends_at"):
                if name in values:
                    values[name] = values[name].replace(tzinfo=zone)
        outcomes = save_records(
            self.access,
            object_type(kind),
            [
                Draft(one["values"], recorded_at=one["recorded_at"].replace(tzinfo=zone))
                for one in drafts
            ],
            source=DEMO,
        )
        return [one.record_id for one in outcomes if isinstance(one, Saved)]
