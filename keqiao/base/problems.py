"""What a refused value says: a code for programs, a sentence for the person who typed it."""

from __future__ import annotations

from typing import Any


class Problem(ValueError):
    """A value cannot be taken; `message` is translated only when it is shown."""

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
