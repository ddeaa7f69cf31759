"""Fills an installation with invented customers, and tells who of the invented people can sign in."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from django.contrib.auth.hashers import check_password


def load_demo(scale: str, per_account: int | None = None) -> dict[str, Any]:
    """Load one scale; `per_account` follow-ups for each account with an owner, on average."""
    from django.utils.timezone import localtime

    from keqiao.activities.demo_load import FollowUps
    from keqiao.config.commands.install import migrate
    from keqiao.customers.demo_load import load_demo as load

    migrate()
    until = localtime().replace(tzinfo=None)
    if per_account is None:
        # The small company is for a first look, which nobody should have to wait for.
        per_account = 3 if scale == "small" else 5
    follow_ups = FollowUps(seed=3, until=until, per_account=per_account)
    told = load(
        scale,
        _progress if sys.stderr.isatty() else None,
        parts=[follow_ups] if per_account else [],
        until=until,
    )
    from keqiao.config.commands.quality import count_now

    count_now(with_past=scale == "small")
    activities = round(follow_ups.seconds, 1)
    spent = {"customers": round(told["seconds"] - activities, 1), "activities": activities}
    return {**told, **follow_ups.made, "seconds": told["seconds"], "seconds_of": spent}


def load_practice() -> dict[str, Any]:
    """Load the list to practise on, and do with it what the product does in its first night."""
    from keqiao.config.commands.install import migrate
    from keqiao.config.commands.quality import count_now
    from keqiao.customers.demo_load import load_practice as load
    from keqiao.quality.duplicates.nightly import find_duplicates

    migrate()
    told = load()
    find_duplicates.func()
    counted = count_now()
    points = sum(one["points"] for one in counted.values())
    measured = sum(one["measured"] for one in counted.values())
    return {**told, "score": round(points / measured, 1) if measured else None}


def _progress(done: int, total: int, note: str) -> None:
    click.echo(f"\r{done:>9,} / {total:,} {note}   ", nl=done >= total, err=True)


def write_sample(file: str) -> dict[str, Any]:
    """Write the messy list and return what importing it into an empty installation must report."""
    from keqiao.customers.demo_sample import sample_file

    expected = sample_file(Path(file))
    return {"file": file, **asdict(expected), "created": expected.created}


def personas() -> list[dict[str, str]]:
    """Return the demo people who still have the published password; none in a real installation."""
    from keqiao.access.models import User
    from keqiao.customers.demo import people
    from keqiao.customers.demo_load import DEMO_PASSWORD

    named = {person.username: person for person in people(0)}
    users = User.objects.filter(username__in=named, is_active=True).order_by("pk")
    # They share one hash, so one check (slow by design) answers for all.
    accepted: dict[str, bool] = {}
    found = []
    for user in users:
        if user.password not in accepted:
            accepted[user.password] = check_password(DEMO_PASSWORD, user.password)
        if accepted[user.password]:
            found.append(
                {
                    "username": user.username,
                    "password": DEMO_PASSWORD,
                    "name": user.name,
                    "role": named[user.username].role,
                }
            )
    return found
