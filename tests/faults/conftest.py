"""What fault tests stand on: an installation of their own, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation, prepared


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, prepared())
    try:
        yield made
    finally:
        made.stop()
