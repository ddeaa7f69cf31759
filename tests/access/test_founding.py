"""The company that tests start with is the same whether it was just founded or written again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests import company
from tests.attacks.database import changed, fingerprint


def _after_founding() -> tuple[dict[str, str], company.Company]:
    try:
        with transaction.atomic():
            people = company.found_company()
            found = fingerprint("catalog_stateversion"), people
            raise RuntimeError
    except RuntimeError:
        return found


@pytest.mark.django_db
def test_founding_again_gives_the_same_company(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(company, "_founded", kept)
    first, people = _after_founding()
    assert kept
    # Sequences of PostgreSQL go on after the rollback: the same rows need the same first founding.
    again, people_again = _after_founding()
    assert changed(first, again) == []
    assert people == people_again
