"""How the values of a field are compared between records, so that one customer is not kept twice."""

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
