"""Every address of the product, read from its URL conf, with an example of each to knock at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_types

# Routes written as regular expressions have no converters to fill; these stand for them.
EXAMPLES = {
    r"^v1/?$": "v1/",
    r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/?$": "v1/accounts",
    r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/bulk/?$": "v1/accounts/bulk",
    r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/(?P<record_id>[0-9]{1,15})/?$": "v1/accounts/1",
    r"^v1/(?P<path>[a-z][a-z0-9-]{0,60})/(?P<record_id>[0-9]{1,15})/(?P<verb>[a-z-]{2,30})/?$": (
        "v1/accounts/1/claim"
    ),
    r"^v1/.*$": "v1/nothing/here/at/all",
    r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/x/",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-x/",
}
SLOT = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One pattern of the URL conf."""

    pattern: str
    view: Any

    @property
    def slots(self) -> dict[str, str]:
        """Return the converter of each part that varies, by its name."""
        return {name: converter for converter, name in SLOT.findall(self.pattern)}

    @property
    def is_about_a_type(self) -> bool:
        return "declared" in self.slots

    def address(self, values: Mapping[str, Any]) -> str:
        """Return the address with its slots filled; a slot without a value is an error."""
        return "/" + SLOT.sub(lambda found: str(values[found[2]]), self.pattern)

    def addresses(self, number: int = 1) -> Iterator[str]:
        """Return the address once, or once per object type."""
        numbers = dict.fromkeys(self.slots, number)
        types: list[ObjectType | None] = list(object_types()) if self.is_about_a_type else [None]
        for declared in types:
            words = {"declared": declared.path} if declared is not None else {}
            yield self.address({**numbers, **words})


def all_routes() -> list[Route]:
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        text = str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(before + EXAMPLES.get(text, text), entry.callback)
        else:
            yield from _walk(entry, before + text)


def ui_routes() -> list[Route]:
    """Return the product's own pages: no API and no page of the sign-in library."""
    return [
        route
        for route in all_routes()
        if not route.pattern.startswith(("api/", "auth/", "livez", "readyz"))
    ]
