"""Why something with the pool cannot be done, as a sentence that says what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise


class PoolRefusal(Exception):
    """The whole wish is refused; `message` is for the person, `code` for programs."""

    def __init__(self, message: str | Promise, code: str) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
