"""Invents the list a colleague left behind: small, old, entered twice and in the wrong places.

It is there to practise on. Every flaw is one the product finds and offers to repair, and none of them
is noted anywhere: the records are ordinary records with ordinary dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from keqiao.base.regions import region_path
from keqiao.customers.demo import CustomerMaker, landline, mobile, people, registration_code

if TYPE_CHECKING:
    from keqiao.customers.demo import Place

KEEPER, AREA = "wang", "east"  # 王经理 took the list over
# The first region of the box, where somebody in a hurry left it.
FIRST_OF_BOX = "110101"
FRESH_DAYS, OLD_DAYS = (3, 45), (1_900, 2_900)


@dataclass(frozen=True)
class Amounts:
    """How many accounts, contacts and leads there are of each kind of neglect."""

    tidy: int = 12
    old: int = 16  # nobody asked for years whether the telephone number still holds
    misplaced: int = 20  # the region is not where the address and the telephone number are
    placeless: int = 20  # the region was left empty
    twice: int = 30  # entered again by somebody who did not look
    thrice: int = 12  # and once more
    unsure: int = 8  # entered again with another telephone number
    contacts: int = 30
    old_contacts: int = 8
    leads: int = 14
    old_leads: int = 6


@dataclass
class Practice:
    """The records to be saved, each as `values`, `owner` and `created_at`; contacts name `account_ref`."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)


def practice(until: datetime, amounts: Amounts | None = None, seed: int = 1) -> Practice:
    """Return the list, the same for the same seed; ages are counted back from `until`."""
    return _Maker(seed, until, amounts or Amounts()).made()


class _Maker(CustomerMaker):
    """Makes whole customers of one sales area, and then neglects some of them."""

    def __init__(self, seed: int, until: datetime, amounts: Amounts) -> None:
        super().__init__(seed, until, people())
        self.amounts = amounts
        self.number = 0
        self.names: set[str] = set()

    def made(self) -> Practice:
        found, many = Practice(), self.amounts
        tidy = [self.whole() for _ in range(many.tidy)]
        doubled = [self.whole() for _ in range(many.twice + many.unsure)]
        found.accounts += tidy
        found.accounts += [self.aged(self.whole()) for _ in range(many.old)]
        found.accounts += [_moved(self.whole(), FIRST_OF_BOX) for _ in range(many.misplaced)]
        found.accounts += [_moved(self.whole(), "") for _ in range(many.placeless)]
        found.accounts += doubled
        for at, one in enumerate(doubled[: many.twice]):
            found.accounts += [self.again(one) for _ in range(2 if at < many.thrice else 1)]
        found.accounts += [self.with_other_number(one) for one in doubled[many.twice :]]
        employers = tidy + doubled
        for at in range(many.contacts):
            person = self.person_of(employers[at % len(employers)])
            found.contacts.append(self.aged(person) if at < many.old_contacts else person)
        for at in range(many.leads):
            one = self.inquiry()
            found.leads.append(self.aged(one) if at < many.old_leads else one)
        return found

    def whole(self) -> dict[str, Any]:
        """Return an account with all that is expected of one, entered lately."""
        while True:
            self.number += 1
            self.recent.clear()
            made = self.account(self.number)
            brand = made["values"]["name"][:6]
            if made["place"].area == AREA and brand not in self.names:
                self.names.add(brand)
                break
        place, values = made["place"], made["values"]
        for name in ("note", "tags", "website"):
            values.pop(name, None)
        values |= {
            "region": place.code,
            "phone": landline(self.rng, place),
            "uscc": registration_code(place.code, self.number),
            "email": values.get("email") or f"info@{made['site']}",
            "address": _official(place) + self.address(place),
        }
        return made | {"owner": KEEPER, "created_at": self.days_ago(*FRESH_DAYS)}

    def moment(self) -> datetime:
        """Return any day: each record gets its own here, and the list is the same whatever day it is."""
        return self.until

    def days_ago(self, least: int, most: int) -> datetime:
        when = self.until - timedelta(days=least + int(self.rng.random() * (most - least)))
        return when.replace(hour=9 + int(self.rng.random() * 9), minute=0, second=0, microsecond=0)

    def aged(self, made: dict[str, Any]) -> dict[str, Any]:
        return made | {"created_at": self.days_ago(*OLD_DAYS)}

    def again(self, made: dict[str, Any]) -> dict[str, Any]:
        """Return the same customer as typed by somebody who only had the number and the name."""
        values = made["values"]
        kept = ("name", "account_type", "phone", "region", "source_channel", "address")
        name = (
            values["name"].replace("有限公司", "公司")
            if self.rng.random() < 0.5
            else values["name"]
        )
        return self.entered_again(made, {one: values[one] for one in kept} | {"name": name})

    def with_other_number(self, made: dict[str, Any]) -> dict[str, Any]:
        """Return the same customer as somebody met it at a fair: his mobile number, no papers."""
        values = made["values"]
        kept = ("name", "account_type", "region", "industry")
        return self.entered_again(
            made, {one: values[one] for one in kept} | {"phone": mobile(self.rng)}
        )

    def entered_again(self, made: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        return made | {"values": values, "created_at": self.days_ago(*FRESH_DAYS)}

    def person_of(self, account: dict[str, Any]) -> dict[str, Any]:
        """Return somebody at this customer with all that is expected of a contact."""
        made = self.contact(account)
        values = made["values"]
        values["phone"] = mobile(self.rng)
        values.setdefault("email", f"{values['phone'][-6:]}@{account['site']}")
        return made | {"owner": KEEPER, "created_at": self.days_ago(*FRESH_DAYS)}

    def inquiry(self) -> dict[str, Any]:
        """Return a lead that lacks nothing."""
        account = self.whole()
        values, (name, _latin, _gender) = account["values"], self.person()
        kept = ("name", "region", "industry", "source_channel")
        lead = {one: values[one] for one in kept} | {
            "contact_name": name, "phone": mobile(self.rng), "state": "contacting",
        }  # fmt: skip
        return account | {"values": lead}


def _moved(made: dict[str, Any], region: str) -> dict[str, Any]:
    return made | {"values": made["values"] | {"region": region}}


def _official(place: Place) -> str:
    return "".join(name for _code, name in region_path(place.code))
