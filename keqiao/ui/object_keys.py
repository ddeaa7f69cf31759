"""The letters an object type answers to: after G on the keyboard, and in front of a question."""

from __future__ import annotations

GO_TAKEN = frozenset("hi")  # the start page and the to-do list


class LetterTaken(ValueError):
    """Two object types want the same letter."""


_go: dict[str, str] = {}
_prefixes: dict[str, str] = {}


def register_object_keys(object_key: str, *, go: str = "", prefix: str = "") -> None:
    """Let G and `go` open an object's list, and `prefix` narrow the command box to it."""
    for letter, taken in ((go, _go), (prefix, _prefixes)):
        holder = next((key for key, one in taken.items() if one == letter), object_key)
        if letter and (holder != object_key or (taken is _go and letter in GO_TAKEN)):
            msg = f"{letter!r} of {object_key!r} is taken."
            raise LetterTaken(msg)
    if go:
        _go[object_key] = go
    if prefix:
        _prefixes[object_key] = prefix


def go_key(object_key: str) -> str:
    return _go.get(object_key, "")


def prefixes() -> dict[str, str]:
    """Return the object key each prefix stands for."""
    return {letter: key for key, letter in _prefixes.items()}
