"""Reads rows out of text files as Excel, WPS and older systems write them, in any encoding."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from keqiao.importing.file_problem import FileProblem
from keqiao.importing.limits import Limits

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "cp1252")
DELIMITERS = (",", "\t", ";", "|")
SAMPLE = 65_536
CHUNK = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The mark that ends the text for the parser: when it comes back inside a cell, a quote was open.
END = "\x1e--end--\x1e"
GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def detect_encoding(path: Path) -> str:
    """Return the encoding of the whole file; GBK is read as GB18030, which contains it.

    UTF-8 is tried on every byte: a list that is ASCII for megabytes and turns Chinese later must
    not be misread. A few damaged bytes in a UTF-8 file do not turn it into GB18030.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    bad = _undecodable(path, "utf-8")
    if bad == 0:
        return "utf-8"
    if _mostly_utf8(path) or _undecodable(path, "gb18030") > bad:
        return "utf-8"
    return "gb18030"


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows in separators, line ends and digits: each has a zero byte beside it."""
    if b"\0" not in sample:
        return None
    plain = frozenset(b"\r\n,;\t|0123456789")
    for name, low, high in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        pairs = zip(sample[low::2], sample[high::2], strict=False)
        beside = [other == 0 for byte, other in pairs if byte in plain]
        if len(beside) > 1 and sum(beside) / len(beside) > 0.5:
            return name
    return None


def _undecodable(path: Path, encoding: str) -> int:
    """Count characters that cannot be decoded; stops at 1 000, which is no such file."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    position = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _count_replaced(path, encoding, position)
            position += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return 1
    return 0


def _count_replaced(path: Path, encoding: str, position: int) -> int:
    with path.open("rb") as file:
        file.seek(max(0, position - 4))
        text = file.read(4 * CHUNK).decode(encoding, "replace")
    return max(1, min(1_000, text.count("\ufffd")))


def _mostly_utf8(path: Path) -> bool:
    with path.open("rb") as file:
        text = file.read(4 * CHUNK).decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - bad
    return bad <= max(3, good // 50) and good > bad


def detect_delimiter(path: Path, encoding: str) -> str:
    """Return the separator that splits the first lines most evenly; a `sep=;` line decides."""
    lines = [line for _, line in zip(range(100), _text_lines(path, encoding, 65_536), strict=False)]
    if lines and (told := re.match(r"sep=(.)\s*$", lines[0])):
        return told[1]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in _lenient_rows(lines, delimiter) if row)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        score = count / sum(widths.values()) + min(width, 20) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lenient_rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _text_lines(path: Path, encoding: str, limit: int) -> Iterator[str]:
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(next((len(mark) for mark, _ in BOMS if head.startswith(mark)), 0))
        text = io.TextIOWrapper(raw, encoding, errors="replace", newline="")
        number = 0
        while line := text.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise FileProblem("line_too_long", line=number, limit=f"{limit:,}")
            yield line


def csv_rows(path: Path, encoding: str, delimiter: str, limits: Limits) -> Iterator[list[object]]:
    """Yield every record, empty ones too, as cells of text or None."""

    def lines() -> Iterator[str]:
        yield from _text_lines(path, encoding, limits.line_length)
        yield END

    reader = csv.reader(lines(), delimiter=delimiter)
    begun = 1
    try:
        for row in reader:
            if row and row[-1].endswith(END):
                if row != [END]:
                    raise FileProblem("unclosed_quote", line=begun)
                return
            if len(row) > limits.columns and any(row[limits.columns :]):
                raise FileProblem("too_many_columns", count=len(row), limit=limits.columns)
            begun = reader.line_num + 1
            yield [_unguarded(cell) if cell[:1] == "'" else cell or None for cell in row]
    except csv.Error as error:  # the only error of the lenient dialect: a cell beyond 128 KiB
        if reader.line_num > begun:
            raise FileProblem("unclosed_quote", line=begun) from error
        limit = f"{csv.field_size_limit():,}"
        raise FileProblem("line_too_long", line=begun, limit=limit) from error


def _unguarded(cell: str) -> str:
    """Take back the apostrophe that the export for people puts before =, +, - and @."""
    return cell[1:] if GUARDED.match(cell) else cell
