"""Looks at a workbook from outside: bombs, tricks and locks are refused before it is unpacked."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path

from keqiao.importing.file_problem import FileProblem
from keqiao.importing.limits import MEGABYTE, Limits

END_OF_DIRECTORY = b"PK\x05\x06"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".jar", ".exe", ".dll")
# Below this size a part may be as repetitive as it likes: it cannot hurt.
HARMLESS = 10 * MEGABYTE


def check_zip(path: Path, limits: Limits) -> None:
    """Refuse a .xlsx that is a bomb, is no workbook, or carries parts that a workbook never has."""
    _check_directory(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(entries, limits)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _check_xml_head(archive, entry)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError) as error:
        raise FileProblem("corrupt") from error
    except RuntimeError as error:  # zipfile's way to say that an entry is encrypted
        raise FileProblem("password") from error


def _check_directory(path: Path, limits: Limits) -> None:
    """Read the entry count and directory size from the last bytes, before zipfile loads it all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < 22:
        raise FileProblem("corrupt")
    count, directory_size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if count > limits.zip_entries or directory_size > limits.zip_directory:
        raise FileProblem("bomb")


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    names = {entry.filename for entry in entries}
    if len(names) != len(entries):
        raise FileProblem("archive_entries", detail="2×")
    total = 0
    for entry in entries:
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise FileProblem("archive_entries", detail=name[:40])
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileProblem("corrupt")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FileProblem("archive_entries", detail=name[:40])
        if name.lower().endswith(ARCHIVES):
            raise FileProblem("archive_entries", detail=name[:40])
        total += entry.file_size
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > HARMLESS and ratio > limits.zip_ratio:
            raise FileProblem("bomb")
    if total > limits.unpacked_size:
        raise FileProblem("bomb")
    if "xl/workbook.xml" not in names:
        raise FileProblem("content_mismatch", extension=".xlsx", found=_kind_of_zip(names))
    for entry in entries:
        if entry.filename == "xl/sharedStrings.xml" and entry.file_size > limits.shared_strings:
            raise FileProblem("too_much_text", limit=limits.shared_strings // MEGABYTE)


def _kind_of_zip(names: set[str]) -> str:
    known = {
        "word/document.xml": "Word",
        "ppt/presentation.xml": "PowerPoint",
        "xl/workbook.bin": "XLSB",
        "content.xml": "OpenDocument",
    }
    return next((kind for part, kind in known.items() if part in names), "ZIP")


def _check_xml_head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Entities and outside files start in a document type, which stands before all elements."""
    with archive.open(entry) as part:
        head = part.read(65_536)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or "<!DOCTYPE".encode("utf-16-le") in head:
        raise FileProblem("forbidden_xml")


def check_ole(path: Path, extension: str) -> None:
    """Tell an old Excel file from a locked new one and an old Word file: all three start alike."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileProblem("password")
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        found = "Word" if "WordDocument".encode("utf-16-le") in data else "OLE"
        raise FileProblem("content_mismatch", extension=extension, found=found)
    if extension != ".xls":
        raise FileProblem("content_mismatch", extension=extension, found="XLS")
