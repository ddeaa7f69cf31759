"""The ways a customer's file can be unreadable, each told in a sentence to act on."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise] = {
    "missing": _("The file is no longer here. Please upload it again."),
    "empty": _("The file is empty. Choose a file that holds a list with a header row."),
    "no_rows": _(
        "The file has a header but no rows below it, so there is nothing to import."
        " Add your rows and try again."
    ),
    "no_header": _(
        "No header row was found on sheet “%(sheet)s”. Name the columns in one row"
        " above the data, or choose another sheet."
    ),
    "unknown_extension": _(
        "Files ending in “%(extension)s” cannot be imported. Save the list as .xlsx, .xls or .csv."
    ),
    "double_extension": _(
        "The file name “%(name)s” hides a second ending. Rename it to a plain .xlsx, .xls or .csv"
        " name and try again."
    ),
    "content_mismatch": _(
        "The file is named %(extension)s but holds %(found)s. Open it in Excel or WPS,"
        " save it as .xlsx and upload that file."
    ),
    "too_large": _(
        "The file has %(size)s MB; the limit is %(limit)s MB. Split it into several files,"
        " or save it as .csv."
    ),
    "password": _(
        "The workbook is protected with a password. Open it in Excel or WPS, remove the password,"
        " save it and upload it again."
    ),
    "corrupt": _(
        "The file is damaged and cannot be opened. Open it in Excel or WPS, save it as a new .xlsx"
        " and upload that file."
    ),
    "bomb": _(
        "The file unpacks to far more data than a list would, so it was refused unread."
        " Copy your rows into a new workbook and upload that file."
    ),
    "archive_entries": _(
        "The file contains parts that do not belong in a workbook (%(detail)s), so it was refused"
        " unread. Copy your rows into a new workbook and upload that file."
    ),
    "forbidden_xml": _(
        "The workbook contains instructions to load other files, so it was refused unread."
        " Copy your rows into a new workbook and upload that file."
    ),
    "too_much_text": _(
        "The workbook holds more than %(limit)s MB of text. Save the list as .csv, which has"
        " no such limit, and upload that file."
    ),
    "too_many_cells": _(
        "The sheet is too big to open, often because of a stray value far below or right of the"
        " list. Copy only your rows into a new workbook, or save the list as .csv."
    ),
    "too_many_columns": _(
        "The list has %(count)s columns; %(limit)s can be imported at once."
        " Delete the columns you do not need and upload it again."
    ),
    "too_many_rows": _(
        "The list has more than %(limit)s rows. Split it into several files and import them"
        " one after the other."
    ),
    "too_slow": _(
        "Reading the file took too long and was stopped. Copy your rows into a new workbook,"
        " or save the list as .csv."
    ),
    "unknown_sheet": _("The workbook has no sheet named “%(sheet)s”. It has: %(sheets)s."),
    "line_too_long": _(
        "Line %(line)s is longer than %(limit)s characters, which no list has. The separator or"
        " the file type may be wrong. Check the file and upload it again."
    ),
    "unclosed_quote": _(
        "A quotation mark that opens on line %(line)s is never closed, so the rows after it cannot"
        " be told apart. Close or delete that mark and upload the file again."
    ),
    "unknown_encoding": _(
        "The characters of the file cannot be read as %(encoding)s. Save it as"
        " “CSV UTF-8” in Excel or WPS, or choose another encoding."
    ),
    "changed": _(
        "The file was changed after its preview, so nothing was imported."
        " Upload it again and look at the new preview."
    ),
    "disk_full": _(
        "The server's disk is full, so the import stopped. Everything imported so far is safe."
        " Ask your administrator to free space, then continue this import."
    ),
}


class FileProblem(Exception):
    """A file that cannot be imported: `code` for programs, `message` for the person."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.message = str(SENTENCES[code]) % values if values else str(SENTENCES[code])
        super().__init__(self.message)
