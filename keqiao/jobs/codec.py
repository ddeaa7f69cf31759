"""How a job's arguments, results and errors are kept so that no text can break the queue."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django_tasks.utils import normalize_json

ERROR_LIMIT = 16_000


def dump(value: Any) -> str:
    """Return ASCII JSON text; raises TypeError or ValueError for what JSON cannot carry."""
    return json.dumps(normalize_json(value), separators=(",", ":"))


def load(text: str) -> Any:
    return json.loads(text) if text else None


def storable(text: str, limit: int) -> str:
    """Return text every database accepts: NUL and surrogates spelled out, the middle cut."""
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")
    if len(safe) <= limit:
        return safe
    head = limit // 3
    return f"{safe[:head]} … {safe[len(safe) - (limit - head - 3) :]}"


def unique_key(task_path: str, key: str) -> str:
    """Return a key that belongs to one task and fits the column."""
    full = f"{task_path}:{key}"
    if len(full) <= 255 and full.isprintable():
        return full
    return f"sha256:{hashlib.sha256(full.encode('utf-8', 'backslashreplace')).hexdigest()}"
