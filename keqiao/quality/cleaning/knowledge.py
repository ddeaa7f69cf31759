"""What a company's own records teach: usual mail hosts, cities of area codes, how names look."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz.distance import DamerauLevenshtein

# Mail hosts most business contacts of China have; a company's own records add theirs.
COMMON_MAIL_HOSTS = frozenset(
    "qq.com 163.com 126.com sina.com sina.cn sohu.com foxmail.com gmail.com hotmail.com outlook.com "  # noqa: SIM905
    "yahoo.com yahoo.com.cn yeah.net 139.com 189.cn aliyun.com icloud.com live.com msn.com "
    "vip.163.com vip.qq.com vip.sina.com 188.com 21cn.com tom.com wo.cn live.cn me.com".split()
)
_FREQUENT = 5  # a host that occurs so often is no single slip
_RARE_BESIDE = 20
_SHORTEST_HOST = 6
_RARE_SHARE = 0.05
_FEWEST_TEXTS = 200
_FEWEST_CALLS = 20
ENDING = 2  # characters of a company's name that tell its trade: 软件, 物流, 医药
_FEWEST_CHOICES, _USUAL_SHARE = 20, 0.9


@dataclass
class Knowledge:
    """Counts learned from records. What follows from them is proposed, never done unasked."""

    mail_hosts: Counter[str] = field(default_factory=Counter)
    cities_of_area: dict[str, Counter[str]] = field(default_factory=dict)
    pairs: dict[str, Counter[str]] = field(default_factory=dict)  # by field: pairs of characters
    singles: dict[str, Counter[str]] = field(default_factory=dict)
    # By field and ending of the company's name: how often each choice goes with it.
    choices: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def learn_mail(self, address: str) -> None:
        host = address.rpartition("@")[2].lower()
        if host:
            self.mail_hosts[host] += 1

    def learn_call(self, area: str, city: str) -> None:
        self.cities_of_area.setdefault(area, Counter())[city] += 1

    def learn_text(self, name: str, text: str) -> None:
        pairs, singles = (
            self.pairs.setdefault(name, Counter()),
            self.singles.setdefault(name, Counter()),
        )
        marked = f"^{text}$"
        pairs.update(map("".join, pairwise(marked)))
        singles.update(marked[:-1])

    def learn_choice(self, name: str, ending: str, value: str, count: int = 1) -> None:
        self.choices.setdefault((name, ending), Counter())[value] += count

    def usual_choice(self, name: str, ending: str) -> tuple[str, float] | None:
        """Return the choice that nearly always goes with an ending, with its share."""
        counts = self.choices.get((name, ending))
        total = counts.total() if counts else 0
        if not counts or total < _FEWEST_CHOICES:
            return None
        value, count = counts.most_common(1)[0]
        return (value, count / total) if count >= _USUAL_SHARE * total else None

    def usual_mail_host(self, host: str) -> str | None:
        """Return the one usual host that is a slip of the finger away, if `host` is rare beside it."""
        host = host.lower()
        if host in COMMON_MAIL_HOSTS or len(host) < _SHORTEST_HOST:
            return None
        own = self.mail_hosts[host]
        # Many people make the same slip, and firms have hosts of one letter's difference: a host is
        # usual beside another only if it is much more frequent, or known to everybody.
        least = _RARE_BESIDE * max(own, 1)
        near = [
            one
            for one in COMMON_MAIL_HOSTS | self.mail_hosts.keys()
            if abs(len(one) - len(host)) <= 1
            and (self.mail_hosts[one] >= least or (own < _FREQUENT and one in COMMON_MAIL_HOSTS))
            and DamerauLevenshtein.distance(one, host, score_cutoff=1) == 1
        ]
        return near[0] if len(near) == 1 else None

    def usual_city(self, area: str) -> tuple[str, float] | None:
        """Return the city most numbers of an area code belong to, with its share."""
        counts = self.cities_of_area.get(area)
        total = sum(counts.values()) if counts else 0
        if not counts or total < _FEWEST_CALLS:
            return None
        city, count = counts.most_common(1)[0]
        return city, count / total

    def strangeness(self, name: str, text: str) -> float:
        """Return how unlike the other values of a field a text is: bits per character, 0 if unknown."""
        pairs, singles = self.pairs.get(name), self.singles.get(name)
        if pairs is None or singles is None or singles["^"] < _FEWEST_TEXTS or not text:
            return 0.0
        marked = f"^{text}$"
        different = len(singles) or 1
        bits = [
            -math.log2((pairs[a + b] + _RARE_SHARE) / (singles[a] + _RARE_SHARE * different))
            for a, b in pairwise(marked)
        ]
        return sum(bits) / len(bits)
