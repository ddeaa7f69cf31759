"""The written form of "this record of that type", as links to any record keep it: `account:42`."""

from __future__ import annotations


def pointer(object_key: str, record_id: int) -> str:
    return f"{object_key}:{record_id}"


def pointed_to(text: str) -> tuple[str, int] | None:
    """Return the key of the object type and the id; None when the text is no pointer."""
    key, _colon, number = text.partition(":")
    if not key or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return key, int(number)
