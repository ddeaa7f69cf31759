"""What the values of a field mean to whoever compares, profiles or brings them together."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a value tells about whom it belongs to; `keqiao.quality.forms` has a key form for each."""

    COMPANY = "company"
    PERSON = "person"
    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"
    USCC = "uscc"
    RESIDENT_ID = "resident_id"
    REGION = "region"
    ADDRESS = "address"
    DATE = "date"
    NUMBER = "number"
    CODE = "code"
    TEXT = "text"
    NONE = ""  # says nothing about who it is: an owner, a tag, a remark


class Profiled(StrEnum):
    """What can be told of all the values of a field together."""

    WORDS = "words"  # shapes, lengths, frequent values
    REMARKS = "remarks"  # lengths alone: each text is its own
    NUMBERS = "numbers"  # how they spread, what lies far out
    TIMES = "times"
    PICKS = "picks"  # one of few: how often each
    LISTS = "lists"  # several values in each record, counted one by one
    FILL = "fill"  # whether there is a value at all


class Likeness(StrEnum):
    """By what variants of one value are found."""

    FINGERPRINT = "fingerprint"  # the same letters and digits, whatever the signs, width and order
    CORE = "core"  # the same company without place, legal form and stop words
    PINYIN = "pinyin"  # sounds the same
    INITIALS = "initials"  # the same first letters of the syllables
    NEAR = "near"  # few characters differ
    NEAR_PINYIN = "near_pinyin"  # few letters of the sound differ


TEXT_LIKENESS: tuple[Likeness, ...] = (
    Likeness.FINGERPRINT, Likeness.PINYIN, Likeness.NEAR, Likeness.NEAR_PINYIN, Likeness.INITIALS,
)  # fmt: skip
