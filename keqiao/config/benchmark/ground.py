"""Prepares what a measurement asks with: sessions, a token, a custom field, words that are there.

Runs as a process of its own inside the measured installation and prints one line of JSON.
"""

from __future__ import annotations

import json
import secrets
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.access.models import User

PEOPLE = {"seller": "li", "manager": "wang", "administrator": "qian"}
PRODUCT = "allauth.account.auth_backends.AuthenticationBackend"
BARE = "keqiao.config.benchmark.floor.PlainBackend"
RATED = 20_000
BATCH = 2_000
ASKED = 60
TYPISTS = 50
FOLLOWED = 400
FIELD = "x_bench_rating"
CSRF = "k" * 32  # a cookie and a header that agree are all the check asks of a page of its own


def prepare_ground() -> dict[str, Any]:
    from keqiao.access.access import Access
    from keqiao.access.models import User
    from keqiao.access.tokens import issue_token
    from keqiao.config.benchmark.pool import pool_ground

    people = {role: User.objects.get(username=name) for role, name in PEOPLE.items()}
    access = Access.system("benchmark")
    make_rating(access)
    token = issue_token(people["administrator"], "bench", ["*:write"], days=2)[1]
    # First: what goes into the pool is nobody's customer any more.
    sellers = User.objects.filter(is_active=True, roles__key="sales").order_by("pk")
    pool = pool_ground(list(sellers))
    return {
        "sessions": {
            **{role: session_of(user, PRODUCT) for role, user in people.items()},
            "floor": session_of(people["administrator"], BARE),
            # Each saved form leaves a message for the next page; nobody saves a thousand unseen.
            **{f"typist{n}": session_of(people["manager"], PRODUCT) for n in range(TYPISTS)},
        },
        "csrf": CSRF,
        "token": token,
        "field": FIELD,
        "run": secrets.token_hex(3),
        **samples(access),
        "followed": followed_account(access, people["seller"]),
        **pool,
    }


def session_of(user: User, backend: str) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = backend
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def make_rating(access: Access) -> None:
    """Add a filterable custom field and fill it, as an administrator and an import would."""
    from keqiao.catalog.custom_fields import add_custom_field
    from keqiao.catalog.models import CustomField
    from keqiao.catalog.registry import object_type
    from keqiao.jobs.worker import run_worker
    from keqiao.records.query import records
    from keqiao.records.save import Draft, Source, save_records

    account = object_type("account")
    if CustomField.objects.filter(object_key="account", key=FIELD).exists():
        return
    choices = [{"key": key, "label": key} for key in ("AAA", "AA", "A", "B")]
    values = {"key": FIELD, "label": "信用评级", "kind": "choice", "choices": choices}
    add_custom_field(account, {**values, "filterable": True})
    run_worker(once=True)
    ids = list(records(access, account).order_by("pk").values_list("pk", flat=True))
    chosen = ids[:: max(1, len(ids) // RATED)]
    for start in range(0, len(chosen), BATCH):
        drafts = [
            Draft({FIELD: choices[number % 4]["key"]}, record_id=pk)
            for number, pk in enumerate(chosen[start : start + BATCH])
        ]
        save_records(access, account, drafts, source=Source("bulk", "benchmark"))


def followed_account(access: Access, seller: User) -> int:
    """Return a customer of the seller with a timeline as long as one of some years."""
    from datetime import timedelta

    from keqiao.base.clock import now
    from keqiao.catalog.registry import object_type
    from keqiao.records.query import records
    from keqiao.records.save import Draft, Source, save_records

    own = records(access, object_type("account")).filter(owner=seller.pk)
    found = own.order_by("pk").values_list("pk", flat=True)[0]
    about = f"account:{found}"
    notes = records(access, object_type("note")).filter(about=about)
    missing = FOLLOWED - notes.count()
    drafts = [
        Draft({"about": about, "body": f"第{number}次跟进", "at": now() - timedelta(days=number),
               "state": "done", "owner": seller.pk})
        for number in range(1, missing + 1)
    ]  # fmt: skip
    save_records(access, object_type("note"), drafts, source=Source("bulk", "benchmark"))
    return int(found)


def samples(access: Access) -> dict[str, Any]:
    """Return ids, a place deep in the list, and search words taken from records that exist."""
    from keqiao.base.names import company_core
    from keqiao.base.phone import phone_digits
    from keqiao.base.pinyin import initials
    from keqiao.catalog.registry import object_type
    from keqiao.records.query import ListQuery, records, run_list

    account = object_type("account")
    every = records(access, account)
    last = every.order_by("-pk").values_list("pk", flat=True)[0]
    step = max(1, last // ASKED)
    rows = list(every.filter(pk__in=range(1, last, step)).values_list("pk", "name", "phone"))
    cores = [company_core(name) for _pk, name, _phone in rows]
    middle = every.order_by("pk").filter(pk__gte=last // 2)[:1].get()
    reach = every.filter(updated_at__lte=middle.updated_at)  # type: ignore[attr-defined]
    newest = reach.order_by("-updated_at", "-pk")[:1].get()
    page = run_list(
        access,
        ListQuery(
            object_type=account, ids=(newest.pk, _after(every, newest)), limit=1, count=False
        ),
    )
    return {
        "accounts": every.count(),
        "ids": [pk for pk, _name, _phone in rows],
        "cursor": page.next_cursor,
        "fragments": [core[:2] for core in cores if len(core) > 1],
        "initials": [initials(core)[:4] for core in cores if len(core) > 3],
        "tails": [phone_digits(phone)[-4:] for _pk, _name, phone in rows if phone],
    }


def _after(every: Any, newest: Any) -> int:
    """Return a record that comes after `newest`, so that the page has a mark to go on from."""
    older = every.filter(updated_at__lt=newest.updated_at).order_by("-updated_at", "-pk")
    found = older.values_list("pk", flat=True).first()
    return int(found or every.exclude(pk=newest.pk).values_list("pk", flat=True)[0])


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(prepare_ground(), ensure_ascii=False) + "\n")
