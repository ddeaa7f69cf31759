"""The keys under which a kept record is found again while somebody types the next one.

Two records that may be the same customer share at least one key. A key is 64 bits of a hash over what it
is made of (its name and the values), so that one table holds the keys of every object type. Keys are made
of key forms; `KEYS_VERSION` counts up with every change here, and kept keys also depend on
`keqiao.quality.forms.FORMS_VERSION`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keqiao.quality.forms import Role

KEYS_VERSION = 1
# Shorter mailbox names (wang, li) belong to too many people to look them up by.
LEAST_LOCAL = 5
LEAST_PINYIN = 6


@dataclass(frozen=True)
class KeyRule:
    """A key: forms (with the number of first characters taken, 0 for all) that must all be there.

    `least` is the length the first form must have.
    """

    name: str
    forms: tuple[tuple[str, int], ...]
    least: int = 1

    def value(self, record: Mapping[str, Any]) -> int | None:
        parts = []
        for at, (form, first) in enumerate(self.forms):
            text = record.get(form) or ""
            if not text or (at == 0 and len(text) < self.least):
                return None
            parts.append(text[:first] if first else text)
        digest = hashlib.blake2b("\x1f".join([self.name, *parts]).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)


def key_rules(roles: Mapping[str, Role]) -> list[KeyRule]:
    """Return the keys for records with these columns.

    Alone: telephone, its last seven digits, e-mail, its mailbox name, registration and identity numbers.
    With the city: name, beginning of its sound, contact, street and house numbers.
    """
    by_role: dict[Role, list[str]] = {}
    for column, role in roles.items():
        by_role.setdefault(role, []).append(column)
    found = [
        KeyRule(kind, ((f"{column}__{form}", 0),), least)
        for role, kind, form, least in (
            (Role.PHONE, "phone", "phone", 5),
            (Role.PHONE, "tail", "tail", 7),
            (Role.EMAIL, "email", "email", 5),
            (Role.EMAIL, "local", "local", LEAST_LOCAL),
            (Role.USCC, "uscc", "uscc", 15),
            (Role.RESIDENT_ID, "resident", "number", 15),
            (Role.COMPANY, "core", "core", 3),
            (Role.COMPANY, "sound", "pinyin", LEAST_PINYIN + 2),
        )
        for column in by_role.get(role, [])
    ]
    return found + _with_place(by_role)


def _with_place(by_role: Mapping[Role, Sequence[str]]) -> list[KeyRule]:
    places = [f"{column}__city" for column in by_role.get(Role.REGION, [])[:1]]
    phones = [f"{column}__tail" for column in by_role.get(Role.PHONE, [])[:1]]
    found: list[KeyRule] = []
    for city in places:
        for column in by_role.get(Role.COMPANY, []):
            found.append(KeyRule("sound_city", ((f"{column}__pinyin", LEAST_PINYIN), (city, 0)), 4))
            found.append(KeyRule("brand_city", ((f"{column}__core", 2), (city, 0)), 2))
        for column in by_role.get(Role.ADDRESS, []):
            found.append(KeyRule("street_city", ((f"{column}__street", 0), (city, 0)), 4))
            found.append(KeyRule("numbers_city", ((f"{column}__numbers", 0), (city, 0)), 3))
        for column in by_role.get(Role.PERSON, []):
            found.append(KeyRule("person_city", ((f"{column}__pinyin", 0), (city, 0)), 4))
    if not places:
        for column in by_role.get(Role.PERSON, []):
            found.append(KeyRule("person", ((f"{column}__pinyin", 0),), LEAST_PINYIN))
            found += [
                KeyRule("person_tail", ((f"{column}__pinyin", 0), (tail, 4))) for tail in phones
            ]
    return found


def keys_of(record: Mapping[str, Any], rules: Sequence[KeyRule]) -> list[int]:
    """Return the keys of a record of key forms, each once, as signed 64-bit numbers."""
    values = {rule.value(record) for rule in rules}
    return sorted(value for value in values if value is not None)
