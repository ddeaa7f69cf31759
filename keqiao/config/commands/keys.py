"""Changes the encryption key: adds a new one, and brings everything encrypted under the newest."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings

from keqiao.base.encryption import key_ring
from keqiao.base.rotation import rotate
from keqiao.config import environment as env
from keqiao.config.secrets import KEY_FILE

if TYPE_CHECKING:
    from collections.abc import Callable


class KeysElsewhere(Exception):
    """The key ring comes from the environment, where this program cannot write."""


def add_key() -> dict[str, Any]:
    """Put a new key first into the key file; it is used from the next start on."""
    if env.names("KEQIAO_ENCRYPTION_KEYS"):
        raise KeysElsewhere
    ring = list(settings.KEQIAO_ENCRYPTION_KEYS)
    taken = {entry.partition(":")[0] for entry in ring}
    number = len(ring) + 1
    while f"k{number}" in taken:
        number += 1
    path = settings.DATA / KEY_FILE
    beside = path.with_name(f"{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join([f"k{number}:{secrets.token_hex(32)}", *ring]) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # Whole or not at all: a torn key file would lock everything encrypted away.
    beside.replace(path)
    return {"new_key": f"k{number}", "file": str(path), "keys": len(ring) + 1}


def rotate_keys(told: Callable[[str, int], None]) -> dict[str, Any]:
    """Encrypt everything anew under the newest key; safe to break off and to repeat."""
    report = rotate(told)
    newest = key_ring()[0][0]
    needed = {key for counts in report.kept_under.values() for key in counts if key != newest}
    unreadable = sum(one.unreadable for one in report.stores.values())
    older = [key for key, _secret in key_ring()[1:]]
    return {
        "key": newest,
        "renewed": {name: one.renewed for name, one in report.stores.items()},
        "unreadable": {
            name: one.unreadable for name, one in report.stores.items() if one.unreadable
        },
        "kept_under_older_keys": {
            name: {key: count for key, count in counts.items() if key != newest}
            for name, counts in report.kept_under.items()
        },
        "removable_keys": [] if unreadable else [key for key in older if key not in needed],
        "needed_keys": sorted(needed),
    }


def as_text(data: dict[str, Any]) -> str:
    lines = [f"Everything that can be is now under the key {data['key']}:"]
    lines += [f"  {count:>9,}  {name} renewed" for name, count in data["renewed"].items()]
    for name, count in data["unreadable"].items():
        lines.append(f"  {count:>9,}  {name} could NOT be read: their key is not installed")
    for name, counts in data["kept_under_older_keys"].items():
        for key, count in counts.items():
            lines.append(
                f"  {count:>9,}  {name}: still under {key}, which must be kept to read them"
            )
    if data["removable_keys"]:
        lines.append(f"No longer needed: {', '.join(data['removable_keys'])}")
    return "\n".join(lines)
