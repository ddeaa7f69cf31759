"""Our checks of codes and numbers say what independent libraries say."""

from __future__ import annotations

import random

import pytest

from tests.quality.forms.referees import AGREEMENTS

CASES = 6000
LEAST = {"mobile numbers with phonenumbers": 0.999}


@pytest.mark.parametrize("name", AGREEMENTS)
def test_validity_agrees_with_the_referee(name) -> None:
    ours_alone, theirs_alone, both, neither = AGREEMENTS[name](random.Random(4_096), CASES)
    assert both > CASES // 10 and neither > CASES // 10
    assert (both + neither) / CASES >= LEAST.get(name, 1.0), (ours_alone, theirs_alone)
