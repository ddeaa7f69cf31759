"""The addresses of attachments: the tab of a record, upload, download and preview."""

from __future__ import annotations

import json
from collections import defaultdict
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.access.rights import Action
from keqiao.activities.attaching import attach, file_facts, size_words
from keqiao.activities.attachment import ATTACHMENT
from keqiao.activities.composer import NothingToFollow, subject_of
from keqiao.activities.composer_pages import CHANGED
from keqiao.activities.file_store import open_file
from keqiao.activities.file_types import TYPES
from keqiao.activities.previews import SIZES, preview
from keqiao.activities.timeline_page import is_followed, show_files_by
from keqiao.activities.told import TimelineSource, Told, register_timeline_source
from keqiao.records.numbered import numbered
from keqiao.records.present import columns_needed, named_rows, present
from keqiao.records.query import get_record, records
from keqiao.ui.cells import near_moment
from keqiao.ui.gate import access_of, back_to, go, is_partial, require, signed_in, source_of
from keqiao.ui.record_parts import RecordTab, register_record_tab

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.activities.told import Asked
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row
    from keqiao.ui.record_parts import OpenedRecord

SHOWN = 200
FACTS = ("name", "media_type", "size")
COLUMNS = (*FACTS, "about", "owner", "created_at")
# A file of somebody else's making is never run, framed or guessed at by a browser.
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
VIEWER_RUNS = "default-src 'none'; object-src 'self'; plugin-types application/pdf"


def files_of(access: Access, declared: ObjectType, record_id: int) -> list[dict[str, Any]]:
    """Return the files of a record and of what was done with it, as far as this person may see."""
    about = f"{declared.key}:{record_id}"
    where = Q(about=about)
    if declared.key == "account":
        where |= Q(account_id=record_id)
    return [
        {
            **file_facts(row),
            "who": access.person_name(row.owner_id),
            "when": near_moment(moment) if (moment := row.cells["created_at"].value) else "",
            "about": "" if row.cells["about"].value == about else row.cells["about"].text,
            "is_own": row.owner_id == access.user_id or access.is_administrator,
        }
        for _about, row in _rows(access, where, COLUMNS)
    ]


@show_files_by
def files_below(access: Access, pointers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the files of follow-ups by what they belong to."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if pointers:
        for about, row in _shown(access, _below(access, pointers)[:SHOWN], FACTS):
            found[about].append(file_facts(row))
    return found


def _below(access: Access, pointers: Sequence[str]) -> list[Any]:
    """Return the files that belong to records or follow-ups, the newest first, not yet presented."""
    if not _may_read(access, FACTS):
        return []
    needed = columns_needed(ATTACHMENT, ("about", "created_at", *FACTS))
    rows = numbered(access, ATTACHMENT, pointers, needed, by="about")
    rows.sort(key=lambda row: (row.created_at, row.id), reverse=True)
    return rows


def _rows(access: Access, where: Q, columns: tuple[str, ...]) -> list[tuple[str, Row]]:
    """Return files with what they belong to, the newest first."""
    if not _may_read(access, columns):
        return []
    needed = columns_needed(ATTACHMENT, ("about", *columns))
    found = records(access, ATTACHMENT).filter(where).order_by("-created_at", "-pk")
    return _shown(access, list(named_rows(found, needed)[:SHOWN]), columns)


def _may_read(access: Access, columns: Sequence[str]) -> bool:
    mask = access.fields(ATTACHMENT)
    asked = ("about", "account", *columns)
    return access.can(Action.VIEW, ATTACHMENT) and all(map(mask.is_readable, asked))


def _shown(access: Access, rows: list[Any], columns: tuple[str, ...]) -> list[tuple[str, Row]]:
    shown = present(access, ATTACHMENT, rows, columns)
    return [(row.about, one) for row, one in zip(rows, shown, strict=True)]


# --- on the timeline -------------------------------------------------------------------------------


def tell_files(asked: Asked) -> list[Told]:
    """Tell which files were put beside the record itself; those of one person and minute are one entry."""
    rows = [
        row
        for row in _below(asked.access, [f"{asked.declared.key}:{asked.record_id}"])
        if (asked.before is None or (row.created_at, row.id) < asked.before)
        and asked.search.casefold() in row.name.casefold()
    ]
    together = groupby(rows[: asked.limit], lambda row: (row.owner_id, _minute(row.created_at)))
    return [_told(asked.access, list(lot)) for _key, lot in together]


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _told(access: Access, rows: list[Any]) -> Told:
    oldest = rows[-1]
    files = {"files": [file_facts(row) for _about, row in _shown(access, rows, FACTS)]}
    return Told(
        at=oldest.created_at,
        id=oldest.id,
        label=_("%(count)s files added") % {"count": len(rows)}
        if len(rows) > 1
        else _("File added"),
        who=access.person_name(oldest.owner_id),
        html=render_to_string("activities/parts/entry_files.html", files),
    )


# --- the tab --------------------------------------------------------------------------------------


def has_files(access: Access, declared: ObjectType) -> bool:
    return is_followed(access, declared) and access.can(Action.VIEW, ATTACHMENT)


def load_tab(opened: OpenedRecord) -> dict[str, Any]:
    return {
        "files": {
            "about": opened.pointer,
            "url": opened.url,
            "lines": files_of(opened.access, opened.declared, opened.id),
            "may_add": opened.access.can(Action.CREATE, ATTACHMENT),
            **size_words(),
            "problems": [],
        }
    }


register_record_tab(
    RecordTab(
        "files", gettext_lazy("Files"), "activities/parts/files.html", load_tab, 800, has_files
    )
)

register_timeline_source(
    TimelineSource(
        key="file",
        label=gettext_lazy("Files"),
        icon="paperclip",
        read=tell_files,
        is_for=has_files,
    )
)


@signed_in
@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest) -> HttpResponse:
    """Take files for a record, from its tab or from a page of its own."""
    access = access_of(request)
    require(access, Action.CREATE, ATTACHMENT)
    about = request.POST.get("about") or request.GET.get("about", "")
    try:
        subject = subject_of(access, about)
    except NothingToFollow:
        raise Http404 from None
    problems: list[str] = []
    if request.method == "POST":
        files = request.FILES.getlist("files")
        problems = attach(access, subject.pointer, files, source_of(request))
        if not files:
            problems = [_("Please choose a file.")]
        if not problems and not is_partial(request):
            messages.success(request, _("Saved"))
            return go(request, back_to(request, f"{subject.url}?tab=files"))
    lines = files_of(access, subject.declared, subject.record.pk)
    context = {
        "files": {
            "about": subject.pointer, "url": subject.url, "lines": lines, "may_add": True,
            "problems": problems, **size_words(),
        },
        "page_title": _("Files"),
        "dialog_template": "activities/parts/files.html",
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    page = "activities/parts/files.html" if is_partial(request) else "ui/dialog.html"
    response = render(request, page, context, status=status)
    if request.method == "POST" and not problems:
        response.headers["HX-Trigger"] = json.dumps({"toast": {"text": _("Saved")}, CHANGED: {}})
    return response


# --- the bytes ------------------------------------------------------------------------------------


def _file(request: HttpRequest, record_id: int) -> Any:
    access = access_of(request)
    require(access, Action.VIEW, ATTACHMENT)
    row: Any = get_record(access, ATTACHMENT, record_id)
    mask = access.fields(ATTACHMENT)
    if not row.digest or not mask.is_readable("digest") or not mask.is_readable("name"):
        raise Http404
    return row


@signed_in
@require_GET
def file_page(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """Send a file: shown by the browser only when that is harmless, else as a download."""
    row = _file(request, record_id)
    kind = TYPES.get(row.media_type)
    inline = kind is not None and kind.is_inline and "download" not in request.GET
    try:
        content = open_file(row.digest)
    except FileNotFoundError:
        raise Http404 from None
    media_type = (
        kind.media_type if kind and (inline or kind.is_image) else "application/octet-stream"
    )
    response = FileResponse(
        content, as_attachment=not inline, filename=row.name, content_type=media_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    is_pdf = kind is not None and kind.media_type == "application/pdf"
    response["Content-Security-Policy"] = VIEWER_RUNS if inline and is_pdf else NOTHING_RUNS
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@signed_in
@require_GET
def preview_page(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """Send a small picture of a photo, without the place where it was taken."""
    row = _file(request, record_id)
    kind = TYPES.get(row.media_type)
    size = "l" if request.GET.get("size") == "l" else "s"
    path = preview(row.digest, size) if kind is not None and kind.is_image else None
    if path is None or size not in SIZES:
        raise Http404
    response = FileResponse(path.open("rb"), content_type="image/webp")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = NOTHING_RUNS
    return response
