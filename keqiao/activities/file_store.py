"""Where the bytes of attachments lie: in the data folder by their fingerprint, never by a given name."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.conf import settings

_DIGEST = re.compile(r"[0-9a-f]{64}")


class TooLarge(Exception):
    """The file is larger than what is taken."""


def folder(name: str = "files") -> Path:
    place = Path(settings.DATA) / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(digest: str) -> Path:
    """Return where a file lies; two folders deep, so that none holds too many."""
    if not _DIGEST.fullmatch(digest):
        raise FileNotFoundError(digest)
    return folder() / digest[:2] / digest[2:4] / digest


def keep(chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
    """Store a file; return fingerprint and size. The same content is stored once."""
    running, size = sha256(), 0
    number, name = tempfile.mkstemp(prefix="new-", dir=folder())
    try:
        with os.fdopen(number, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge
                running.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        target = path_of(running.hexdigest())
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(name).replace(target)  # also renews its age, so that no cleaning takes it meanwhile
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return running.hexdigest(), size


def open_file(digest: str) -> IO[bytes]:
    return path_of(digest).open("rb")


def remove(digest: str) -> None:
    path_of(digest).unlink(missing_ok=True)
    for preview in (folder("previews") / digest[:2]).glob(f"{digest}-*"):
        preview.unlink(missing_ok=True)


def stored() -> Iterator[tuple[str, os.stat_result]]:
    """Return every stored file with its size and age."""
    for path in folder().glob("??/??/*"):
        if _DIGEST.fullmatch(path.name):
            yield path.name, path.stat()


def unfinished() -> Iterator[Path]:
    return folder().glob("new-*")
