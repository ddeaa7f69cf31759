"""Makes an installation: database up to date, demo data on request, one-time key of a new one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from keqiao.config.health import pending_migrations


class AlreadySetUp(Exception):
    """Somebody can sign in already, so no new key may be made."""


class NotPrepared(Exception):
    """The shared database is not at the version of this program."""


def is_embedded() -> bool:
    return connection.vendor == "sqlite"


def migrate() -> list[str]:
    pending = pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    return pending


def has_users() -> bool:
    from keqiao.access.models import User

    return User.objects.exists()


def prepare_installation(*, with_demo: bool) -> dict[str, Any]:
    """Migrate; with `with_demo`, fill an installation in which nobody can sign in yet."""
    result: dict[str, Any] = {"migrations": len(migrate())}
    if with_demo and not has_users():
        from keqiao.config.commands.demo import load_demo

        result.update(load_demo("small"))
    result["demo_sign_ins"] = demo_sign_ins()
    return result


def prepare_to_serve(*, with_demo: bool) -> dict[str, Any]:
    """Do the same for `keqiao serve`, but leave a shared database to whoever runs the release.

    Several machines may start at once there, and old ones may still be serving.
    """
    if is_embedded() or with_demo:
        return prepare_installation(with_demo=with_demo)
    pending = pending_migrations()
    if pending:
        raise NotPrepared(
            f"The database lacks {len(pending)} migrations ({pending[0]} …). "
            "Run `keqiao prepare` once, then start again."
        )
    return {"migrations": 0, "demo_sign_ins": demo_sign_ins()}


def demo_sign_ins() -> list[dict[str, str]]:
    """Return the demo people that exist here; none in a real installation."""
    from keqiao.config.commands.demo import personas

    return personas()


def init_installation() -> dict[str, Any]:
    from keqiao.access.set_up import issue_token

    applied = migrate()
    if has_users():
        raise AlreadySetUp(
            "This installation is set up already: it has users. "
            "An administrator makes further accounts on the settings page."
        )
    return {
        "data_folder": str(settings.DATA),
        "database": connection.vendor,
        "migrations": len(applied),
        "set_up_token": issue_token(),
        "set_up_path": "/set-up/",
    }


def welcome(data: dict[str, Any]) -> str:
    return (
        f"Keqiao is set up in {data['data_folder']} ({data['database']}).\n\n"
        "There is no default account. Start it with `keqiao serve`, open\n"
        f"{data['set_up_path']} in the browser and enter this key, which works once:\n\n"
        f"    {data['set_up_token']}\n"
    )
