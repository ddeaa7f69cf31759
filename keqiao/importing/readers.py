"""Opens the lists that customers really have and streams their rows within fixed bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from keqiao.importing.csv_reader import (
    ENCODINGS,
    csv_rows,
    detect_delimiter,
    detect_encoding,
)
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.header import Column, name_columns, propose_header
from keqiao.importing.limits import LIMITS, MEGABYTE, Limits
from keqiao.importing.workbook_check import OLE, check_ole, check_zip
from keqiao.importing.workbook_reader import WorkbookRows

SAMPLE_ROWS = 200
WORKBOOKS = (".xlsx", ".xls")
TEXTS = (".csv", ".tsv", ".txt")
# Endings that never belong inside the name of a list.
PROGRAMS = frozenset(
    "exe com bat cmd js vbs ps1 sh php phtml jsp asp aspx py pl html htm svg".split()  # noqa: SIM905
)
MAGIC = (
    (b"PK\x03\x04", "ZIP / XLSX"),
    (OLE, "XLS / OLE"),
    (b"%PDF", "PDF"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3", "SQLite"),
)


@dataclass(frozen=True)
class ReadSettings:
    """How a file is to be read; kept with the import so that preview and run read alike."""

    extension: str
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 1  # as Excel counts rows
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Detected:
    """What a look at the file found: settings to confirm, columns to map, rows to show."""

    settings: ReadSettings
    sheets: tuple[str, ...]
    columns: tuple[Column, ...]
    sample: tuple[tuple[int, list[Any]], ...]
    repeated_headers: tuple[str, ...]
    top: tuple[list[Any], ...]  # the first rows as they are, for choosing another header row


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_unchanged(path: Path, sha256: str) -> None:
    """Refuse a file that is not, byte for byte, the one that was previewed."""
    if not path.is_file():
        raise FileProblem("missing")
    if file_hash(path) != sha256:
        raise FileProblem("changed")


def check_file(path: Path, name: str, limits: Limits = LIMITS) -> str:
    """Return the extension of a file that may be opened; refuse others before reading them."""
    if not path.is_file():
        raise FileProblem("missing")
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    extension = suffixes[-1] if suffixes else ""
    if extension not in WORKBOOKS + TEXTS:
        raise FileProblem("unknown_extension", extension=extension or name)
    if any(suffix[1:] in PROGRAMS for suffix in suffixes[:-1]):
        raise FileProblem("double_extension", name=name)
    size = path.stat().st_size
    limit = limits.workbook_size if extension in WORKBOOKS else limits.text_size
    if size > limit:
        raise FileProblem("too_large", size=size // MEGABYTE, limit=limit // MEGABYTE)
    if size == 0:
        raise FileProblem("empty")
    _check_content(path, extension, limits)
    return extension


def _check_content(path: Path, extension: str, limits: Limits) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
    found = next((kind for mark, kind in MAGIC if head.startswith(mark)), "")
    if extension in WORKBOOKS and head.startswith(OLE):
        check_ole(path, extension)
    elif extension == ".xlsx" and head.startswith(b"PK\x03\x04"):
        check_zip(path, limits)
    elif extension in WORKBOOKS:
        if not found and b"\0" in head.rstrip(b"\0"):
            raise FileProblem("corrupt")
        raise FileProblem("content_mismatch", extension=extension, found=found or _text_kind(head))
    elif found or _text_kind(head) in {"HTML", "XML"}:
        raise FileProblem("content_mismatch", extension=extension, found=found or _text_kind(head))


def _text_kind(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        return "HTML"
    return "XML" if start.startswith((b"<?xml", b"<!doctype")) else "CSV / TXT"


def detect(
    path: Path,
    name: str,
    *,
    asked: ReadSettings | None = None,
    known: Collection[str] = (),
    limits: Limits = LIMITS,
) -> Detected:
    """Look at a file and propose how to read it; `asked` carries what the person chose instead.

    `known` are the folded names that fields go by; they help to tell a header from a title.
    """
    extension = check_file(path, name, limits)
    wanted = asked or ReadSettings(extension, header_row=0)
    settings = replace(wanted, extension=extension, sha256=file_hash(path))
    left, sheets = 0, tuple[str, ...]()
    if extension in WORKBOOKS:
        with WorkbookRows(path, settings.sheet, limits) as rows:
            left, sheets = rows.facts.left, rows.facts.sheets
            settings = replace(settings, sheet=rows.facts.sheet)
            top = list(islice(rows, SAMPLE_ROWS))
    else:
        settings = _text_settings(path, settings)
        top = list(islice(_text(path, settings, limits), SAMPLE_ROWS))
    return _describe(path, settings, sheets, left, top, known, limits)


def _text_settings(path: Path, settings: ReadSettings) -> ReadSettings:
    encoding = settings.encoding or detect_encoding(path)
    if encoding not in ENCODINGS:
        raise FileProblem("unknown_encoding", encoding=encoding)
    delimiter = settings.delimiter or detect_delimiter(path, encoding)
    return replace(settings, encoding=encoding, delimiter=delimiter)


def _text(path: Path, settings: ReadSettings, limits: Limits) -> Iterator[list[Any]]:
    return csv_rows(path, settings.encoding, settings.delimiter, limits)


def _describe(
    path: Path,
    settings: ReadSettings,
    sheets: tuple[str, ...],
    left: int,
    top: list[list[Any]],
    known: Collection[str],
    limits: Limits,
) -> Detected:
    if not any(_filled(row) for row in top):
        raise FileProblem("empty")
    index = settings.header_row - 1 if settings.header_row else propose_header(top, known)
    if index is None or not 0 <= index < len(top) or not _filled(top[index]):
        raise FileProblem("no_header", sheet=settings.sheet or path.suffix)
    settings = replace(settings, header_row=index + 1)
    below = [(index + 2 + at, row) for at, row in enumerate(top[index + 1 :]) if _filled(row)]
    columns, repeated = name_columns(top[index], [row for _, row in below], left)
    if len(columns) > limits.columns:
        raise FileProblem("too_many_columns", count=len(columns), limit=limits.columns)
    if not below and next(iter_rows(path, settings, limits), None) is None:
        raise FileProblem("no_rows")
    return Detected(settings, sheets, columns, tuple(below), repeated, tuple(top[:20]))


def _filled(row: list[Any]) -> bool:
    for cell in row:  # noqa: SIM110 - a generator would cost a third of the reading speed
        if cell is not None and (cell.__class__ is not str or not cell.isspace()):
            return True
    return False


def iter_rows(
    path: Path, settings: ReadSettings, limits: Limits = LIMITS
) -> Iterator[tuple[int, list[Any]]]:
    """Yield (row number as Excel counts, cells) for every filled row below the header."""
    if settings.extension in WORKBOOKS:
        with WorkbookRows(path, settings.sheet, limits) as rows:
            yield from _numbered(rows, settings, limits)
    else:
        with closing(_text(path, settings, limits)) as rows:  # type: ignore[type-var]
            yield from _numbered(rows, settings, limits)


def _numbered(rows: Any, settings: ReadSettings, limits: Limits) -> Iterator[tuple[int, list[Any]]]:
    first = settings.header_row
    for number, row in enumerate(rows, 1):
        if number > first and _filled(row):
            if number - first > limits.rows:
                raise FileProblem("too_many_rows", limit=f"{limits.rows:,}")
            yield number, row
