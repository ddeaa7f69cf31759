"""Writes a minimal .xls (BIFF8 in an OLE container), which no library at hand can write any more."""

from __future__ import annotations

import struct
from pathlib import Path

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _label(row: int, column: int, text: str) -> bytes:
    body = struct.pack("<HHH", row, column, 0) + struct.pack("<HB", len(text), 1)
    return _record(0x0204, body + text.encode("utf-16-le"))


def _number(row: int, column: int, value: float) -> bytes:
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 1997, 0, 0))


def _stream(sheet: str, rows: list[list[str | float]]) -> bytes:
    name = struct.pack("<BB", len(sheet), 1) + sheet.encode("utf-16-le")
    head = _begin(0x0005) + _record(0x0042, struct.pack("<H", 1200))
    end = _record(0x000A, b"")
    at = len(head) + 4 + 6 + len(name) + len(end)
    book = head + _record(0x0085, struct.pack("<IBB", at, 0, 0) + name) + end
    cells = b""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            is_text = isinstance(value, str)
            cells += (
                _label(row, column, str(value)) if is_text else _number(row, column, float(value))
            )
    return book + _begin(0x0010) + cells + end


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text), kind, 1)
        + struct.pack("<III", FREE, FREE, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


def old_workbook(path: Path, sheet: str, rows: list[list[str | float]]) -> Path:
    # From 4 096 bytes on, a stream lies in ordinary sectors and needs no second table.
    stream = _stream(sheet, rows)
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    table = [FAT, END, *range(3, count + 2), END]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
        + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    )  # fmt: skip
    fat = b"".join(struct.pack("<I", sector) for sector in table).ljust(SECTOR, b"\xff")
    folder = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream))
    path.write_bytes(header + fat + folder.ljust(SECTOR, b"\0") + stream)
    return path
