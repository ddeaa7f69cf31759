"""Parses one untrusted workbook in its own process, so that no file can take the server down.

Run as a script by `workbook_reader`, never imported: `workbook_child.py PATH SHEET MEMORY SECONDS`.
Writes frames to stdout: four bytes of length, then MessagePack. The first frame describes the
workbook ({"sheets": […], "sheet": …, "rows": n, "columns": n, "left": n}) or says what failed
({"failed": code}); every other frame is a list of rows.
"""

from __future__ import annotations

import datetime
import sys
from typing import Any, BinaryIO

import msgspec
import python_calamine

BATCH = 500
DATE, MOMENT = 1, 2
# Excel keeps 15 digits; a longer whole number is already rounded and stays a float to show it.
EXACT = 10**15


def plain(cell: Any) -> Any:
    """Return the cell as the parent can load it: whole floats become ints, dates are tagged."""
    kind = cell.__class__
    if kind is float:
        return int(cell) if cell.is_integer() and abs(cell) < EXACT else cell
    if kind is datetime.date:
        return msgspec.msgpack.Ext(DATE, cell.isoformat().encode())
    if kind is datetime.datetime:
        return msgspec.msgpack.Ext(MOMENT, cell.isoformat().encode())
    if kind is datetime.time:
        return cell.isoformat("minutes")
    if kind is datetime.timedelta:
        return str(cell)
    return cell if cell != "" else None


def bound(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the caps checked before the start remain
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def send(out: BinaryIO, encoder: msgspec.msgpack.Encoder, message: Any) -> None:
    data = encoder.encode(message)
    out.write(len(data).to_bytes(4, "big") + data)


def visible_sheets(book: python_calamine.CalamineWorkbook) -> list[str]:
    shown = [
        meta.name
        for meta in book.sheets_metadata
        if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        and meta.visible == python_calamine.SheetVisibleEnum.Visible
    ]
    return shown or list(book.sheet_names)


def transfer(out: BinaryIO, path: str, wanted: str) -> None:
    encoder = msgspec.msgpack.Encoder()
    book = python_calamine.load_workbook(path)
    names = visible_sheets(book)
    if wanted and wanted not in book.sheet_names:
        send(out, encoder, {"failed": "unknown_sheet", "sheets": names})
        return
    sheet = book.get_sheet_by_name(wanted or names[0])
    for name in names[1:20]:
        if wanted or sheet.end is not None:
            break
        sheet = book.get_sheet_by_name(name)
    rows, width = sheet.total_height, sheet.total_width
    left = sheet.start[1] if sheet.start else 0
    send(
        out,
        encoder,
        {"sheets": names, "sheet": sheet.name, "rows": rows, "columns": width, "left": left},
    )
    batch: list[list[Any]] = []
    for row in sheet.iter_rows() if sheet.end is not None else ():
        batch.append([cell if cell.__class__ is str and cell else plain(cell) for cell in row])
        if len(batch) == BATCH:
            send(out, encoder, batch)
            batch = []
    if batch:
        send(out, encoder, batch)


def main() -> int:
    path, sheet, memory, seconds = sys.argv[1:5]
    bound(int(memory), int(seconds))
    out = sys.stdout.buffer
    encoder = msgspec.msgpack.Encoder()
    try:
        transfer(out, path, sheet)
    except python_calamine.PasswordError:
        send(out, encoder, {"failed": "password"})
    except MemoryError:
        send(out, encoder, {"failed": "too_many_cells"})
    except BaseException as error:
        too_big = "capacity" in str(error)
        send(out, encoder, {"failed": "too_many_cells" if too_big else "corrupt"})
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
