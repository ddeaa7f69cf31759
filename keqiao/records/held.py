"""Takes back what was held instead of saved, when the work that brought it is undone."""

from __future__ import annotations

from collections.abc import Callable

# Of an object type, what one channel brought in one piece of work (the detail of its source).
Withdraw = Callable[[str, str, str], int]
_withdrawals: list[Withdraw] = []


def register_withdrawal(withdraw: Withdraw) -> Withdraw:
    """Have `withdraw(object_key, channel, detail)` drop what waits; the package that holds calls this."""
    if withdraw not in _withdrawals:
        _withdrawals.append(withdraw)
    return withdraw


def withdraw_held(object_key: str, channel: str, detail: str) -> int:
    """Drop what still waits of a piece of work, and return how much; call within its transaction."""
    return sum(withdraw(object_key, channel, detail) for withdraw in _withdrawals)
