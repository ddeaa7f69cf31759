"""Two at once: a rule that refuses refuses the second, whichever that is; a killed save leaves nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.models import CandidateForms, CandidateKey
from keqiao.quality.candidates.rekeying import orphans
from keqiao.quality.scenarios.models import Act
from keqiao.records.models import ChainHead
from keqiao.records.query import records
from keqiao.records.save import Draft, Source, save_records
from tests.company import SYSTEM, found_company
from tests.quality.scenarios.rules import rule
from tests.records.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ACCOUNT = object_type("account")


@pytest.fixture
def li() -> User:
    ChainHead.objects.get_or_create(pk=1)
    return found_company().li


def save(access: Access, values: dict[str, Any]) -> Any:
    [outcome] = save_records(
        access, ACCOUNT, [Draft(values)], source=Source("form"), allow_duplicates=True
    )
    return outcome


def test_of_two_racing_saves_that_look_alike_one_wins(li: User) -> None:
    rule(Act.BLOCK)
    access = Access.for_user(li)
    for number in range(4):
        spellings = (f"苏州博远{number}号科技有限公司", f"蘇州博遠{number}號科技有限公司")
        results = at_once(
            [
                partial(save, access, {"name": name, "region": "320505"})
                for name in (*spellings, spellings[0])
            ]
        )
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["DuplicateFound", "DuplicateFound", "Saved"], results
    assert records(SYSTEM, ACCOUNT).count() == 4
    assert CandidateForms.objects.count() == 4
    assert orphans("account") == 0


def test_a_save_broken_off_leaves_no_keys(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from keqiao.records import save as door

    class Killed(BaseException):
        pass

    def die(_batch: Any) -> None:
        assert CandidateKey.objects.exists()  # they were written, and are not yet anybody's
        raise Killed

    monkeypatch.setattr(door, "STEPS", (*door.STEPS, die))
    with pytest.raises(Killed):
        save(Access.for_user(li), {"name": "苏州博远科技有限公司"})
    assert not CandidateKey.objects.exists()
    assert not CandidateForms.objects.exists()
