"""Start-up checks: a wrong setting stops the start with a sentence instead of failing a visitor."""

from __future__ import annotations

import os
import stat
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]", "testserver"}


@register(Tags.security)
def data_folder(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if not os.access(settings.DATA, os.W_OK):
        messages.append(
            Error(
                f"The data folder {settings.DATA} cannot be written.",
                hint="Let the account that runs Keqiao write there, or set KEQIAO_DATA.",
                id="keqiao.E001",
            )
        )
    mode = stat.S_IMODE(settings.DATA.stat().st_mode)
    if mode & 0o077:
        messages.append(
            Warning(
                "Other accounts of this machine can read the data folder.",
                hint=f"chmod 700 {settings.DATA}",
                id="keqiao.W002",
            )
        )
    return messages


@register()
def encryption_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    ids: list[str] = []
    for entry in settings.KEQIAO_ENCRYPTION_KEYS:
        key_id, separator, digits = entry.partition(":")
        if not separator or not key_id or not _is_key(digits):
            return [
                Error(
                    "A key in KEQIAO_ENCRYPTION_KEYS is not of the form id:64-hexadecimal-digits.",
                    hint="Restore the key from your backup; encrypted fields need it.",
                    id="keqiao.E003",
                )
            ]
        ids.append(key_id)
    if len(set(ids)) < len(ids):
        return [
            Error(
                "Two keys in KEQIAO_ENCRYPTION_KEYS carry the same id.",
                hint="Every key needs its own id: stored values name the key that reads them.",
                id="keqiao.E004",
            )
        ]
    return []


def _is_key(digits: str) -> bool:
    try:
        return len(bytes.fromhex(digits)) == 32
    except ValueError:
        return False


@register()
def reachable_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts:
        return [
            Error(
                "KEQIAO_HOSTS contains *: anyone could put a foreign name into the links we mail.",
                hint="List the names people type, separated by commas.",
                id="keqiao.E005",
            )
        ]
    if settings.DEBUG and hosts - LOCAL_HOSTS:
        return [
            Error(
                "KEQIAO_DEBUG is on while the server answers to names other than this machine's.",
                hint="Set KEQIAO_DEBUG=0: debug pages show settings and data to every visitor.",
                id="keqiao.E006",
            )
        ]
    return []


@register()
def languages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    source = settings.PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    if source.exists() and not source.with_suffix(".mo").exists():
        return [
            Warning(
                "The Chinese texts are not compiled, so pages appear in English.",
                hint="Run `make translations`.",
                id="keqiao.W007",
            )
        ]
    return []
