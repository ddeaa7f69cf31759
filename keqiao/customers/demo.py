"""Invents believable Chinese customers, the same for the same seed, with honest flaws in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from keqiao.base.identifiers import with_check_character
from keqiao.base.phone import area_codes
from keqiao.base.pinyin import full_pinyin
from keqiao.base.regions import regions
from keqiao.customers import demo_words as words

Item = TypeVar("Item")
BLOCK = 1_000  # draws are made in blocks: one call of `choices` for many customers
DEMO_YEARS = 3
DIRT = {"no_phone": 0.03, "odd_phone": 0.02, "wrong_region": 0.012, "repeat": 0.018}


@dataclass(frozen=True, slots=True)
class Place:
    """A district with what a customer there has in its name, address and telephone number."""

    code: str
    city: str
    province: str
    district: str
    area_code: str
    digits: int
    area: str


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague of the demo company."""

    username: str
    name: str
    department: str
    role: str


class Weighted:
    """Draws items by weight, a block at a time."""

    def __init__(self, items: Sequence[Any], weights: Sequence[float]) -> None:
        self.items = items
        self.cumulative = list(accumulate(weights))

    def stream(self, rng: Random) -> Iterator[Any]:
        while True:
            yield from rng.choices(self.items, cum_weights=self.cumulative, k=BLOCK)


def _weighted(pairs: Sequence[tuple[Any, float]]) -> Weighted:
    return Weighted([item for item, _share in pairs], [share for _item, share in pairs])


@cache
def places() -> Weighted:
    """Return every district, drawn by the output of its province and city."""
    area_of: dict[str, tuple[str, int]] = {}
    for code, area in area_codes().items():
        for served in area.regions:
            area_of[served] = (code, area.lengths[0])
    sales_area = {part: key for key, parts in words.AREAS.items() for part in parts.split()}
    table = regions()
    parents = {region.parent for region in table.values()}
    found: list[Place] = []
    cities: list[tuple[str, str]] = []
    for region in table.values():
        province = region.code[:2]
        if region.code in parents or province not in words.PROVINCES:
            continue
        city = table[region.parent] if region.parent and region.parent in table else region
        phone = area_of.get(region.code) or area_of.get(city.code)
        if phone is None:
            continue
        outer = table[f"{province}0000"]
        found.append(
            Place(region.code, city.short, outer.short, region.name, *phone, sales_area[province])
        )
        cities.append((province, city.code[:4]))
    return Weighted(found, _place_weights(cities))


def _place_weights(cities: list[tuple[str, str]]) -> list[float]:
    inside: dict[str, set[str]] = {}
    districts: dict[str, int] = {}
    for province, city in cities:
        inside.setdefault(province, set()).add(city)
        districts[city] = districts.get(city, 0) + 1
    total = {
        province: sum(words.CITIES.get(city, 4) for city in members)
        for province, members in inside.items()
    }
    return [
        words.PROVINCES[province] * words.CITIES.get(city, 4) / total[province] / districts[city]
        for province, city in cities
    ]


@cache
def brands() -> Weighted:
    """Return some 6 000 brands of two characters with their domain names; popular ones recur."""
    rng = Random(20261122)  # noqa: S311 - invented companies, no secret
    made: dict[str, str] = {}
    for first in words.BRAND_FIRST:
        for second in rng.sample(sorted(set(words.BRAND_SECOND) - {first}), 45):
            made[first + second] = "".join(full_pinyin(first + second))
    items = list(made.items())
    rng.shuffle(items)
    return Weighted(items, [1 / (rank + 40) ** 0.6 for rank in range(len(items))])


@cache
def industries() -> Weighted:
    items = [(key, line.split(), size) for key, (_share, line, size) in words.INDUSTRIES.items()]
    return Weighted(items, [share for share, _line, _size in words.INDUSTRIES.values()])


@cache
def surnames() -> Weighted:
    pairs = [(word.rstrip("0123456789"), word) for word in words.SURNAMES.split()]
    items = [(name, "".join(full_pinyin(name, person=True))) for name, _word in pairs]
    return Weighted(items, [int(word[len(name) :]) for name, word in pairs])


@cache
def given_names(gender: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return names of one and of two characters with their pinyin."""
    signs = words.GIVEN_MALE if gender == "male" else words.GIVEN_FEMALE
    spelled = {sign: "".join(full_pinyin(sign)) for sign in signs}
    one = list(spelled.items())
    two = [(a + b, spelled[a] + spelled[b]) for a in spelled for b in spelled]
    return one, two


_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_VALUES = {sign: value for value, sign in enumerate(_ALPHABET)}


def registration_code(region: str, number: int) -> str:
    """Return the credit code of the `number`-th invented firm: registered at `region`, valid."""
    # A step coprime to the modulus scatters the numbers without repeating one.
    digits = f"{(number * 61_803_399 + 10_000_019) % 99_999_989:08}"
    check = 11 - sum(int(d) * w for d, w in zip(digits, _ORGANISATION, strict=True)) % 11
    inner = "X" if check == 10 else "0" if check == 11 else str(check)
    return with_check_character(f"91{region}{digits}{inner}")


def mobile(rng: Random, prefixes: Sequence[str] = tuple(words.MOBILES.split())) -> str:
    return f"{prefixes[int(rng.random() * len(prefixes))]}{int(rng.random() * 100_000_000):08}"


def landline(rng: Random, place: Place) -> str:
    first = "2345678"[int(rng.random() * 7)]
    rest = place.digits - 1
    return f"{place.area_code}-{first}{int(rng.random() * 10**rest):0{rest}}"


def departments() -> list[dict[str, Any]]:
    return [{"key": key, "name": name, "parent": up} for key, name, up in words.DEPARTMENTS]


def people(sellers: int = 12, seed: int = 1) -> list[Person]:
    """Return the five personas and as many sellers, spread over the groups of the sales areas."""
    rng = Random(seed)  # noqa: S311
    found = [Person(*persona) for persona in words.PERSONAS]
    groups = [key for key, _name, up in words.DEPARTMENTS if up in words.AREAS]
    drawn = surnames().stream(rng)
    for number in range(sellers):
        family, _latin = next(drawn)
        gender = "female" if rng.random() < 0.45 else "male"
        given = rng.choice(given_names(gender)[1])[0]
        group = groups[number % len(groups)]
        found.append(Person(f"sales{number + 1:03}", family + given, group, "sales"))
    return found


class CustomerMaker:
    """Makes customers and their contacts one after another."""

    def __init__(self, seed: int, until: datetime, staff: Sequence[Person]) -> None:
        self.rng = Random(seed)  # noqa: S311
        self.until = until
        self.places = places().stream(self.rng)
        self.brands = brands().stream(self.rng)
        self.industries = industries().stream(self.rng)
        self.surnames = surnames().stream(self.rng)
        self.forms = _weighted(words.FORMS).stream(self.rng)
        self.sources = _weighted(words.SOURCES).stream(self.rng)
        positions = [item[:3] for item in words.POSITIONS]
        self.positions = Weighted(positions, [p[3] for p in words.POSITIONS]).stream(self.rng)
        self.streets = words.STREETS.split()
        self.parks = words.PARKS.split()
        self.tags = words.TAGS.split()
        self.notes = words.NOTES.split("|")
        self.sellers = {
            area: [p.username for p in staff if p.department.split("_")[0] == area]
            for area in words.AREAS
        }
        self.recent: list[dict[str, Any]] = []

    def person(self) -> tuple[str, str, str]:
        """Return name, pinyin and gender of somebody."""
        family, latin = next(self.surnames)
        gender = "female" if self.rng.random() < 0.42 else "male"
        one, two = given_names(gender)
        pool = one if self.rng.random() < 0.14 else two
        given, given_latin = pool[int(self.rng.random() * len(pool))]
        return family + given, latin + given_latin, gender

    def seller(self, area: str) -> str | None:
        team = self.sellers[area]
        if not team or self.rng.random() < 0.04:
            return None
        # A few sellers own most customers, as in life.
        return team[int(self.rng.random() ** 1.7 * len(team))]

    def moment(self) -> datetime:
        """Return a time in the last three years: more lately, on working days, in working hours."""
        rng = self.rng
        days = int((1 - math.sqrt(rng.random())) * DEMO_YEARS * 365)
        when = self.until - timedelta(days=days)
        if when.weekday() >= 5 and rng.random() < 0.9:
            when -= timedelta(days=when.weekday() - 4)
        hour = 9 + int(rng.random() * 9)
        return when.replace(hour=hour, minute=int(rng.random() * 60), second=0, microsecond=0)

    def account(self, number: int) -> dict[str, Any]:
        if self.recent and self.rng.random() < DIRT["repeat"]:
            return self.repeated(number)
        rng, random = self.rng, self.rng.random
        place: Place = next(self.places)
        brand, domain = next(self.brands)
        industry, trades, size = next(self.industries)
        trade = trades[int(random() * len(trades))]
        form = next(self.forms)
        if form == "科技有限公司" and ("科技" in trade or "技术" in trade):
            form = "有限公司"
        bulk = math.exp(rng.gauss(0, 1.3))
        revenue = _rounded(size * bulk)
        ending = (".com", ".com", ".cn", ".com.cn", ".net")[int(random() * 5)]
        site = f"{domain}{number % 97 or ''}{ending}"
        values = {
            "name": self.company_name(place, brand, trade, form),
            "account_type": "company",
            "level": _level(bulk, random()),
            "industry": industry,
            "source_channel": next(self.sources),
            "phone": self.phone(place),
            "region": place.code if random() > DIRT["wrong_region"] else next(self.places).code,
            "employees": max(2, round(size * bulk / 800_000 * math.exp(rng.gauss(0, 0.5)))),
            "founded_year": 2026 - int(min(44.0, rng.expovariate(1 / 11))),
            "annual_revenue": str(revenue),
            "legal_person": self.person()[0],
        }
        if random() < 0.7:
            values["uscc"] = registration_code(place.code, number)
        if random() < 0.55:
            box = ("info", "sales", "service", "contact", "office")[int(random() * 5)]
            values["email"] = f"{box}@{site}"
        if random() < 0.35:
            values["website"] = f"https://www.{site}"
        if random() < 0.85:
            values["address"] = self.address(place)
        if random() < 0.22:
            values["tags"] = rng.sample(self.tags, 1 + int(random() * 2))
        if random() < 0.15:
            values["note"] = self.notes[int(random() * len(self.notes))]
        return self.remember(self.wrapped(number, values, place, site))

    def wrapped(
        self, number: int, values: dict[str, Any], place: Place, site: str
    ) -> dict[str, Any]:
        return {
            "ref": number,
            "owner": self.seller(place.area),
            "created_at": self.moment(),
            "values": values,
            "site": site,
            "place": place,
        }

    def company_name(self, place: Place, brand: str, trade: str, form: str) -> str:
        rest = trade if not trade.endswith("学校") else f"{trade}管理"
        if trade.endswith("集团"):
            rest, form = trade.removesuffix("集团"), "集团有限公司"
        draw = self.rng.random()
        if draw < 0.14:
            return f"{brand}（{place.city}）{rest}{form}"
        where = place.city if draw < 0.8 else place.province if draw < 0.95 else ""
        return f"{where}{brand}{rest}{form}"

    def phone(self, place: Place) -> str:
        draw = self.rng.random()
        if draw < DIRT["no_phone"]:
            return ""
        if draw < DIRT["no_phone"] + DIRT["odd_phone"]:
            return odd_phone(mobile(self.rng), self.rng)
        if draw < 0.45:
            return mobile(self.rng)
        number = landline(self.rng, place)
        return number if draw < 0.95 else f"{number}转{8000 + int(self.rng.random() * 900)}"

    def address(self, place: Place) -> str:
        random = self.rng.random
        street = self.streets[int(random() * len(self.streets))]
        text = f"{street}{1 + int(random() * 999)}号"
        if random() < 0.5:
            park = self.parks[int(random() * len(self.parks))]
            block = "ABCDEFGH1234"[int(random() * 12)]
            text += f"{park}{block}座{1 + int(random() * 30)}{1 + int(random() * 20):02}室"
        return text

    def repeated(self, number: int) -> dict[str, Any]:
        """Return an earlier customer entered once more by somebody in a hurry."""
        rng = self.rng
        before = self.recent[int(rng.random() * len(self.recent))]
        old = before["values"]
        name = old["name"]
        for long, short in (("股份有限公司", "股份"), ("有限公司", "公司"), ("（", "(")):
            if long in name and rng.random() < 0.6:
                name = name.replace(long, short).replace("）", ")" if short == "(" else "）")
                break
        values = {**old, "name": name, "source_channel": next(self.sources)}
        for dropped in ("uscc", "email", "website", "tags", "annual_revenue"):
            if dropped == "uscc" or rng.random() < 0.6:
                values.pop(dropped, None)
        return self.wrapped(number, values, before["place"], before["site"])

    def remember(self, made: dict[str, Any]) -> dict[str, Any]:
        if len(self.recent) < 400:
            self.recent.append(made)
        else:
            self.recent[int(self.rng.random() * 400)] = made
        return made

    def contacts(self, account: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the people we know at a customer: none to five, more at bigger ones."""
        random = self.rng.random
        level = account["values"]["level"]
        many = {"A": 2.8, "B": 1.7, "C": 1.0, "D": 0.7}[level]
        count = min(5, int(-math.log(1 - random()) * many * 0.8 + 0.35))
        return [self.contact(account) for _ in range(count)]

    def contact(self, account: dict[str, Any]) -> dict[str, Any]:
        random = self.rng.random
        name, latin, gender = self.person()
        position, role, department = next(self.positions)
        values: dict[str, Any] = {
            "name": name,
            "position": position,
            "role": role,
            "department_name": department,
            "gender": gender,
            "region": account["place"].code,
        }
        if random() > DIRT["no_phone"]:
            number = mobile(self.rng)
            odd = random() < DIRT["odd_phone"]
            values["phone"] = odd_phone(number, self.rng) if odd else number
        if random() < 0.5:
            values["email"] = f"{latin}{int(random() * 90) or ''}@{account['site']}"
        if random() < 0.3:
            values["wechat"] = f"{latin}{int(random() * 10_000):04}"
        if random() < 0.12:
            year, month = 1962 + int(random() * 42), 1 + int(random() * 12)
            values["birthday"] = f"{year}-{month:02}-{1 + int(random() * 28):02}"
        return {
            "account_ref": account["ref"],
            "owner": account["owner"],
            "created_at": account["created_at"],
            "values": values,
        }

    def lead(self, number: int) -> dict[str, Any]:
        made = self.account(number)
        values, random = made["values"], self.rng.random
        name, latin, _gender = self.person()
        state = ("new", "new", "contacting", "contacting", "qualified", "unqualified")
        needs = words.NEEDS.split("|")
        lead = {
            "name": values["name"],
            "contact_name": name,
            "position": next(self.positions)[0],
            "phone": mobile(self.rng) if random() < 0.9 else values.get("phone", ""),
            "state": state[int(random() * 6)],
            "source_channel": values["source_channel"],
            "industry": values["industry"],
            "region": values["region"],
            "note": needs[int(random() * len(needs))],
        }
        if random() < 0.4:
            lead["email"] = f"{latin}{int(random() * 90) or ''}@{made['site']}"
        if random() < 0.5:
            lead["expected_amount"] = str(_rounded(math.exp(self.rng.gauss(11.5, 1.1))))
        if random() < 0.4:
            soon = self.until + timedelta(days=int(random() * 40) - 12)
            lead["next_contact_on"] = soon.date().isoformat()
        return {
            "ref": number,
            "owner": made["owner"],
            "created_at": made["created_at"],
            "values": lead,
        }


def odd_phone(number: str, rng: Random) -> str:
    """Return a mobile number as people type it."""
    forms = (
        f"{number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"+86 {number}",
        f"0086{number}",
        number.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
        f" {number}",
        f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}",
    )
    return forms[int(rng.random() * len(forms))]


def _rounded(amount: float) -> int:
    """Return the amount as people estimate it, to two significant digits."""
    step = 10 ** max(0, int(math.log10(max(amount, 1))) - 1)
    return max(10_000, round(amount / step) * step)


def _level(bulk: float, draw: float) -> str:
    rank = math.log(bulk) / 1.3 + (draw - 0.5) * 2.4
    return "A" if rank > 1.9 else "B" if rank > 0.8 else "C" if rank > -0.7 else "D"


def customers(
    count: int, *, seed: int = 1, until: datetime, staff: Sequence[Person] | None = None
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield `count` accounts, each with its contacts."""
    maker = CustomerMaker(seed, until, people() if staff is None else staff)
    for number in range(1, count + 1):
        account = maker.account(number)
        yield account, maker.contacts(account)


def leads(
    count: int, *, seed: int = 2, until: datetime, staff: Sequence[Person] | None = None
) -> Iterator[dict[str, Any]]:
    maker = CustomerMaker(seed, until, people() if staff is None else staff)
    for number in range(1, count + 1):
        yield maker.lead(number)
