"""What is measured: the pages and calls people and programs make all day, with their targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from keqiao.config.benchmark.client import Request

Make = Callable[[int], Request]

FIVE_CONDITIONS = (
    "level:any_of:A,B",
    "region:within:320000",
    "created_at:within:past_180_days",
    "last_activity_at:not_within:past_7_days",
    "phone:is_filled",
)


@dataclass(frozen=True)
class Question:
    """One line of the table: how to ask, how often, and what is promised (p95, milliseconds)."""

    name: str
    make: Make
    target_ms: float | None = None
    target_rate: float | None = None
    target_share: float | None = None  # of the floor's answers per second
    is_write: bool = False


def floor_questions(ground: dict[str, Any]) -> list[Question]:
    headers = cookies(ground, "floor")
    return [
        Question("floor: bare view, template", lambda n: Request("GET", "/floor/", headers)),
        Question("floor: bare view, joined text", lambda n: Request("GET", "/joined/", headers)),
    ]


def cookies(ground: dict[str, Any], role: str) -> dict[str, str]:
    session = ground["sessions"][role]
    return {"Cookie": f"keqiao_session={session}; keqiao_csrf={ground['csrf']}"}


def page(ground: dict[str, Any], role: str, path: str) -> Make:
    headers = cookies(ground, role)
    return lambda number: Request("GET", path, headers)


def search(ground: dict[str, Any], role: str, words: str, path: str = "/search/?q=") -> Make:
    headers, asked = cookies(ground, role), ground[words]
    return lambda number: Request("GET", path + quote(asked[number % len(asked)]), headers)


def questions(ground: dict[str, Any]) -> list[Question]:
    field, cursor = ground["field"], ground["cursor"]
    region = "/accounts/?where=region:within:320500"
    return [
        Question("list", page(ground, "manager", "/accounts/"), 40, target_share=0.6),
        Question("list, seller", page(ground, "seller", "/accounts/"), 40),
        Question("list, administrator", page(ground, "administrator", "/accounts/"), 40),
        Question("list, deep", page(ground, "administrator", f"/accounts/?cursor={cursor}"), 40),
        Question("list, deep, manager", page(ground, "manager", f"/accounts/?cursor={cursor}"), 40),
        Question("list by name", page(ground, "manager", "/accounts/?sort=name"), 40),
        Question("list in a region", page(ground, "manager", region), 40),
        Question("list in a region, administrator", page(ground, "administrator", region), 40),
        Question(
            "list by a custom field",
            page(ground, "manager", f"/accounts/?where={field}:any_of:AAA"),
            40,
        ),
        Question("record", _record(ground), 40, target_share=0.6),
        Question("pool", page(ground, "administrator", f"/pool/{ground['pool']}/"), 40),
        *daily_questions(ground),
        Question("form", page(ground, "manager", "/accounts/new/"), 40),
        Question("form, likely duplicates", _likely(ground), 20),
        Question("search, 2 characters", search(ground, "manager", "fragments"), 50),
        Question("search, initials", search(ground, "manager", "initials"), 50),
        Question("search, end of phone", search(ground, "manager", "tails"), 50),
        Question("search, seller", search(ground, "seller", "fragments"), 50),
        Question("search, administrator", search(ground, "administrator", "fragments"), 50),
        Question(
            "command box",
            search(ground, "manager", "fragments", "/commands/?q="),
            50,
        ),
        Question("API list of 50", _api(ground, "/api/v1/accounts?limit=50"), target_rate=250),
        Question("API record", _api_record(ground)),
        Question("create, form", _create_form(ground), 30, is_write=True),
        Question("create, API", _create_api(ground), 30, is_write=True),
        Question("edit, API", _edit_api(ground), 30, is_write=True),
        Question("follow-up, form", _follow_up(ground), 40, is_write=True),
    ]


def daily_questions(ground: dict[str, Any]) -> list[Question]:
    """Return what a day is made of: today's page and its brief, a timeline, a demanding view."""
    five = "&".join(f"where={one}" for one in FIVE_CONDITIONS)
    timeline = page(ground, "seller", f"/accounts/{ground['followed']}/")
    return [
        Question("today", page(ground, "seller", "/"), 80),
        Question("today, manager", page(ground, "manager", "/"), 80),
        Question(
            "sales brief, seller", page(ground, "seller", "/start/cards/brief/?period=month"), 200
        ),
        Question(
            "sales brief, manager",
            page(ground, "manager", "/start/cards/brief/?period=month&whose=all"),
            400,
        ),
        Question("record with timeline", timeline, 60),
        Question("list, five conditions", page(ground, "manager", f"/accounts/?{five}"), 400),
        Question("list, five conditions, seller", page(ground, "seller", f"/accounts/?{five}"), 60),
    ]


def _record(ground: dict[str, Any]) -> Make:
    headers, ids = cookies(ground, "administrator"), ground["ids"]
    return lambda number: Request("GET", f"/accounts/{ids[number % len(ids)]}/", headers)


def _token(ground: dict[str, Any]) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {ground['token']}",
        "Content-Type": "application/json",
    }


def _api(ground: dict[str, Any], path: str) -> Make:
    headers = _token(ground)
    return lambda number: Request("GET", path, headers)


def _api_record(ground: dict[str, Any]) -> Make:
    headers, ids = _token(ground), ground["ids"]
    return lambda number: Request("GET", f"/api/v1/accounts/{ids[number % len(ids)]}", headers)


def _new_account(ground: dict[str, Any], number: int, road: str) -> dict[str, str]:
    mark = f"{ground['run']}{road}{number:06}"
    return {
        "name": f"苏州{mark}精密机械有限公司",
        # Not a mobile number: among a million accounts one would be somebody's already.
        "email": f"{mark.lower()}@bench.example",
        "region": "320505",
        "level": "B",
        "note": "benchmark",
    }


def _create_form(ground: dict[str, Any]) -> Make:
    typists = [role for role in ground["sessions"] if role.startswith("typist")]
    shared = {
        "X-CSRFToken": ground["csrf"],
        "Content-Type": "application/x-www-form-urlencoded",
    }

    def make(number: int) -> Request:
        headers = {**cookies(ground, typists[number % len(typists)]), **shared}
        values = {**_new_account(ground, number, "f"), "account_type": "company"}
        body = "&".join(f"{name}={quote(value)}" for name, value in values.items())
        # The measured records look much alike: whoever types them says that they are others.
        body += "&allow_duplicates=1"
        return Request("POST", "/accounts/new/", headers, body.encode(), expected=(302, 303))

    return make


def _likely(ground: dict[str, Any]) -> Make:
    """Ask what the form asks while somebody types a customer's name and place."""
    headers = {
        **cookies(ground, "manager"),
        "X-CSRFToken": ground["csrf"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    names = ground["fragments"]

    def make(number: int) -> Request:
        name = quote(f"{names[number % len(names)]}科技有限公司")
        body = f"name={name}&region__pick=320505%7C&phone=139{number:08}"
        return Request("POST", "/accounts/likely/", headers, body.encode())

    return make


def _create_api(ground: dict[str, Any]) -> Make:
    headers = _token(ground)

    def make(number: int) -> Request:
        body = json.dumps(_new_account(ground, number, "a")).encode()
        return Request("POST", "/api/v1/accounts", headers, body, expected=(201,))

    return make


def _edit_api(ground: dict[str, Any]) -> Make:
    headers = {**_token(ground), "If-Match": "*"}
    ids, run = ground["ids"], ground["run"]

    def make(number: int) -> Request:
        body = json.dumps({"note": f"{run} {number}"}).encode()
        return Request("PATCH", f"/api/v1/accounts/{ids[number % len(ids)]}", headers, body)

    return make


def _follow_up(ground: dict[str, Any]) -> Make:
    headers = {
        **cookies(ground, "seller"),
        "X-CSRFToken": ground["csrf"],
        "HX-Request": "true",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    about, run = quote(f"account:{ground['followed']}"), ground["run"]

    def make(number: int) -> Request:
        body = f"about={about}&type=note&body={run}+{number}&place=inline"
        return Request("POST", "/activities/log/", headers, body.encode(), expected=(200, 204))

    return make
