"""The order of names: by pinyin for Chinese, by letter otherwise, the same on every database."""

from __future__ import annotations

from keqiao.base.pinyin import full_pinyin
from keqiao.base.text import fold_width

LENGTH = 64


def title_key(title: str, *, person: bool = False) -> str:
    """Return lower-case ASCII letters and digits that sort as a reader expects."""
    folded = fold_width(title[:LENGTH]).casefold()
    spelled = folded if folded.isascii() else "".join(full_pinyin(folded, person=person))
    return "".join(char for char in spelled if char.isascii() and char.isalnum())[:LENGTH]
