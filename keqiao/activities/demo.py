"""Invents believable follow-ups with invented customers: what was said, and what is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from keqiao.activities import demo_words as words

PER_ACCOUNT = 5
PLANNED_SHARE = 0.45
COMMENTED_SHARE = 0.04
_DONE = ("note", "call", "visit", "email_note", "event")
_DONE_SHARES = (0.36, 0.72, 0.83, 0.95, 1.0)
_PLANNED = ("task", "call", "event", "visit")
_PLANNED_SHARES = (0.6, 0.8, 0.92, 1.0)
_RESULTS = ("reached", "reached", "reached", "reached", "no_answer", "busy", "call_back")


@dataclass(frozen=True, slots=True)
class Customer:
    """What an invented follow-up needs to know of whom it is about."""

    about: str
    since: datetime
    owner: int
    people: tuple[tuple[int, str], ...]  # contacts: id and name
    who: str = ""  # whom we speak with where there are no contacts


class FollowUpMaker:
    """Makes the follow-ups of one customer after another, the same for the same seed."""

    def __init__(self, seed: int, until: datetime) -> None:
        self.rng = Random(seed)  # noqa: S311 - invented customers, no secret
        self.until = until
        self.today = until.replace(hour=0, minute=0, second=0, microsecond=0)

    def activities(self, customer: Customer, count: int) -> list[tuple[str, dict[str, Any]]]:
        """Return `count` activities as type and draft: the last one may be planned."""
        made = [self.done(customer) for _number in range(count)]
        if made and self.rng.random() < PLANNED_SHARE:
            made[-1] = self.planned(customer)
        return made

    def done(self, customer: Customer) -> tuple[str, dict[str, Any]]:
        kind = self._drawn(_DONE, _DONE_SHARES)
        at = self._past(customer.since)
        values = self._values(customer, at, "done")
        person = values["contacts"]
        if kind == "call":
            values |= {
                "body": self._text(words.CALLS, customer, person),
                "direction": "incoming" if self.rng.random() < 0.2 else "outgoing",
                "result": _RESULTS[int(self.rng.random() * len(_RESULTS))],
                "duration_minutes": 1 + int(self.rng.random() ** 2 * 30),
            }
        elif kind == "event":
            name, text = words.MEETINGS[int(self.rng.random() * len(words.MEETINGS))]
            values |= {
                "name": self._filled(name, customer, person),
                "body": self._filled(text, customer, person),
                "ends_at": at + timedelta(minutes=(60, 90, 120)[int(self.rng.random() * 3)]),
                "place": words.PLACES[int(self.rng.random() * len(words.PLACES))],
            }
        else:
            lines = {"note": words.NOTES, "visit": words.VISITS, "email_note": words.EMAILS}[kind]
            values["body"] = self._text(lines, customer, person)
            if kind == "email_note" and self.rng.random() < 0.3:
                values["direction"] = "incoming"
        return kind, {"values": values, "recorded_at": at + timedelta(minutes=10)}

    def planned(self, customer: Customer) -> tuple[str, dict[str, Any]]:
        kind = self._drawn(_PLANNED, _PLANNED_SHARES)
        at = self._due()
        values = self._values(customer, at, "planned")
        person = values["contacts"]
        if kind == "task":
            values["name"] = self._text(words.TASKS, customer, person)
            draw = self.rng.random()
            values["priority"] = "high" if draw < 0.2 else "low" if draw > 0.9 else "normal"
        elif kind == "call":
            values["name"] = self._text(words.PLANNED_CALLS, customer, person)
        elif kind == "event":
            name, _text = words.MEETINGS[int(self.rng.random() * len(words.MEETINGS))]
            values["name"] = self._filled(name, customer, person)
            values["ends_at"] = at + timedelta(hours=1)
            values["place"] = words.PLACES[int(self.rng.random() * len(words.PLACES))]
        else:
            values["name"] = self._text(words.PLANNED_VISITS, customer, person)
        return kind, {"values": values, "recorded_at": min(at, self.until) - timedelta(days=3)}

    def comment(self) -> str:
        return words.COMMENTS[int(self.rng.random() * len(words.COMMENTS))]

    def _values(self, customer: Customer, at: datetime, state: str) -> dict[str, Any]:
        people = customer.people
        named = people and self.rng.random() < 0.7
        chosen = [people[int(self.rng.random() * len(people))][0]] if named else []
        return {
            "about": customer.about,
            "contacts": chosen,
            "at": at,
            "state": state,
            "owner": customer.owner,
        }

    def _text(self, lines: tuple[str, ...], customer: Customer, chosen: list[int]) -> str:
        return self._filled(lines[int(self.rng.random() * len(lines))], customer, chosen)

    def _filled(self, line: str, customer: Customer, chosen: list[int]) -> str:
        random = self.rng.random
        name = next((name for pk, name in customer.people if pk in chosen), "") or customer.who
        return line.format(
            who=f"{name[0]}{('总', '经理', '工')[int(random() * 3)]}" if name else "对方",
            thing=words.THINGS[int(random() * len(words.THINGS))],
            n=2 + int(random() * 28),
            pct=(2, 3, 5, 8, 10, 30)[int(random() * 6)],
        )

    def _drawn(self, kinds: tuple[str, ...], shares: tuple[float, ...]) -> str:
        draw = self.rng.random()
        return next(kind for kind, share in zip(kinds, shares, strict=True) if draw < share)

    def _past(self, since: datetime) -> datetime:
        """Return a working hour between the customer's first day and now, more often lately."""
        minutes = max(60, int((self.until - since).total_seconds() // 60))
        when = self.until - timedelta(minutes=int(self.rng.random() ** 1.8 * minutes) + 30)
        if when.weekday() >= 5:
            when -= timedelta(days=when.weekday() - 4)
        when = when.replace(hour=9 + when.hour * 9 // 24, second=0, microsecond=0)
        return max(when, since)

    def _due(self) -> datetime:
        """Return when something planned is due: some late, some today, most in the next weeks."""
        draw, random = self.rng.random(), self.rng.random
        if draw < 0.22:
            days = -1 - int(random() ** 2 * 12)
        elif draw < 0.34:
            days = 0
        else:
            days = 1 + int(random() ** 1.6 * 35)
        day = self.today + timedelta(days=days)
        if days > 0 and day.weekday() >= 5:
            day += timedelta(days=7 - day.weekday())
        return day.replace(hour=9 + int(random() * 9), minute=(0, 30)[int(random() * 2)])
