"""How big and how odd a customer's file may be before it is refused, to keep the server safe."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Every cap of the readers. Sizes are bytes; tests and large installations pass their own."""

    workbook_size: int = 60 * MEGABYTE
    text_size: int = 400 * MEGABYTE
    columns: int = 300
    rows: int = 1_048_576
    cell_length: int = 128 * 1024
    line_length: int = MEGABYTE
    # A workbook of a real list measured 8 to 40 times smaller than its XML; bombs start at 1 000.
    zip_ratio: int = 200
    zip_entries: int = 2_000
    zip_directory: int = MEGABYTE
    unpacked_size: int = 1_500 * MEGABYTE
    shared_strings: int = 50 * MEGABYTE
    # The child that parses a workbook: 100 bytes a cell were measured, so 15 M cells fit.
    child_memory: int = 2_000 * MEGABYTE
    child_seconds: int = 120


LIMITS = Limits()
