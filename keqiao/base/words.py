"""Texts kept for people who read them later: a message id with parameters, said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

Speaker = Callable[[Any], str]
_speakers: dict[str, Speaker] = {}


@dataclass(frozen=True)
class Words:
    """A text to be translated when it is read: `say(gettext_noop("%(who)s …"), who=person(7))`.

    Parameters are plain values, or one word and what it names: `{"person": 7}`. Both fit JSON.
    """

    msgid: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return spoken(self.msgid, self.parameters)


def say(msgid: str, /, **parameters: Any) -> Words:
    """Return words with their parameters, which may be words themselves."""
    kept = {
        name: {"words": [value.msgid, value.parameters]} if isinstance(value, Words) else value
        for name, value in parameters.items()
    }
    return Words(msgid, kept)


def speaks(what: str) -> Callable[[Speaker], Speaker]:
    """Let a package say what parameters of one kind are called: `{what: …}`."""

    def registered(speaker: Speaker) -> Speaker:
        _speakers[what] = speaker
        return speaker

    return registered


def spoken(msgid: str, parameters: dict[str, Any]) -> str:
    """Return the text in the active language; a broken parameter spoils only its own sentence."""
    # An empty message id would translate into the head of the catalogue.
    text = gettext(msgid) if msgid else ""
    try:
        return text % {name: _value(value) for name, value in parameters.items()}
    except (KeyError, TypeError, ValueError):
        return text


def _value(value: Any) -> str:
    if isinstance(value, dict):
        [(what, which)] = value.items()
        return _speakers[what](which)
    return f"{value:,}" if isinstance(value, int) else str(value)


@speaks("words")
def _words(which: Any) -> str:
    msgid, parameters = which
    return spoken(msgid, parameters)
