"""Takes what programs send: one record, a change, a deletion or a batch; all by the write door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from keqiao.access.refusals import overlooked
from keqiao.access.rights import Action
from keqiao.api import parameters
from keqiao.api.held import address_of, held_response
from keqiao.api.problems import ApiProblem, conflict, duplicate, etag, invalid
from keqiao.api.reading import gone, json_response, record_data
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.removal import delete_records
from keqiao.records.save import (
    Conflict,
    Draft,
    DuplicateFound,
    Held,
    Mode,
    Outcome,
    Rejected,
    Saved,
    Source,
    save_records,
)

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

CREATE_PARAMETERS = frozenset({"allow_duplicates"})
BULK_PARAMETERS = frozenset({"allow_duplicates", "mode", "dry_run"})
MAX_BULK = 500
MAX_NESTING = 20
ETAG = re.compile(r'(?:W/)?"v(\d{1,9})"')
ANY_VERSION = "*"


def source_of(access: Access) -> Source:
    context = structlog.contextvars.get_contextvars()
    return Source("api", access.actor.name, str(context.get("request_id", "")))


# --- what comes in ------------------------------------------------------------------------------


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object sent; anything that a form of a foreign page could send is refused."""
    if request.content_type != "application/json":
        raise ApiProblem("media_type", _("Set the header “Content-Type: application/json”."))
    try:
        data = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem(
            "bad_request",
            _("The body is not valid JSON: %(reason)s.") % {"reason": str(error)[:200]},
        ) from None
    if not isinstance(data, dict):
        raise ApiProblem("bad_request", _("The body must be one JSON object."))
    return data


def if_match(request: HttpRequest) -> int | str | None:
    """Return the version of `If-Match`, ANY_VERSION for `*`, None without the header."""
    raw = request.headers.get("If-Match", "").strip()
    if not raw:
        return None
    if raw == ANY_VERSION:
        return ANY_VERSION
    found = ETAG.fullmatch(raw)
    if found is None:
        raise ApiProblem(
            "bad_request", _('“If-Match” carries the ETag of the record, for example "v3".')
        )
    return int(found.group(1))


# --- one record ---------------------------------------------------------------------------------


def create_record(request: HttpRequest, access: Access, object_type: ObjectType) -> HttpResponse:
    parameters.checked(request, CREATE_PARAMETERS)
    values = body_of(request)
    [outcome] = save_records(
        access,
        object_type,
        [Draft(values)],
        source=source_of(access),
        allow_duplicates=parameters.flag(request, "allow_duplicates"),
    )
    saved = saved_or_problem(outcome)
    if isinstance(saved, Held):
        return held_response(saved.pending_id)
    return _as_record(access, object_type, saved, status=201)


def change_record(
    request: HttpRequest, access: Access, object_type: ObjectType, record_id: int
) -> HttpResponse:
    """PATCH: the fields named are changed. `If-Match` is strict, `base_version` merges.

    Without either nobody could tell whether a colleague's change is overwritten: 428.
    """
    parameters.checked(request, CREATE_PARAMETERS | {"base_version"})
    wanted = if_match(request)
    base = _base_version(request)
    if wanted is None and base is None:
        raise ApiProblem(
            "version_needed",
            _("Send the ETag you read in “If-Match”, or base_version=… to merge with changes of "
              "other fields, or “If-Match: *” to overwrite whatever is there."),
        )  # fmt: skip
    draft = Draft(body_of(request), record_id=record_id)
    draft.version = base if wanted is None else (wanted if isinstance(wanted, int) else None)
    with transaction.atomic():
        if isinstance(wanted, int):
            _require_version(access, object_type, draft, wanted)
        [outcome] = save_records(
            access,
            object_type,
            [draft],
            source=source_of(access),
            allow_duplicates=parameters.flag(request, "allow_duplicates"),
        )
        if isinstance(outcome, Rejected) and outcome.missing:
            raise gone(access, object_type, record_id)
        saved = saved_or_problem(outcome)
    if isinstance(saved, Held):
        return held_response(saved.pending_id)
    return _as_record(access, object_type, saved, status=200)


def _base_version(request: HttpRequest) -> int | None:
    raw = request.GET.get("base_version")
    if raw is None:
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        raise ApiProblem(
            "bad_request", _("“base_version” is a whole number."), parameter="base_version"
        )
    return int(raw)


def _require_version(access: Access, object_type: ObjectType, draft: Draft, wanted: int) -> None:
    """Refuse with 412 and both values when the record is not at the version named."""
    record = _reachable(access, object_type, draft.record_id or 0, Action.CHANGE)
    current: int = record.version  # type: ignore[attr-defined]
    if current == wanted:
        return
    [outcome] = save_records(access, object_type, [draft], source=source_of(access), dry_run=True)
    fields = outcome.fields if isinstance(outcome, Conflict) else []
    raise conflict("stale", fields, current)


def _reachable(access: Access, object_type: ObjectType, record_id: int, action: Action) -> Any:
    try:
        return get_record(access, object_type, record_id, action)
    except RecordNotFound:
        raise gone(access, object_type, record_id) from None


def delete_record(
    request: HttpRequest, access: Access, object_type: ObjectType, record_id: int
) -> HttpResponse:
    """DELETE into the recycle bin; `If-Match` is honoured when it is sent."""
    parameters.checked(request, frozenset())
    wanted = if_match(request)
    with transaction.atomic():
        record = _reachable(access, object_type, record_id, Action.DELETE)
        if isinstance(wanted, int) and record.version != wanted:
            raise conflict("stale", [], record.version)
        removal = delete_records(access, object_type, [record_id], source=source_of(access))
    if removal.in_use:
        count = removal.in_use[record_id]
        raise ApiProblem(
            "in_use",
            _("%(count)s other records point at this one. Please delete or re-assign them first.")
            % {"count": count},
            count=count,
        )
    return HttpResponse(status=204)


def saved_or_problem(outcome: Outcome) -> Saved | Held:
    match outcome:
        case Saved() | Held():
            return outcome
        case Rejected(missing=True):
            raise ApiProblem("not_found")
        case Rejected(problems, forbidden=True):
            raise ApiProblem("forbidden", problems[0].message if problems else "")
        case Rejected(problems):
            raise invalid(problems)
        case DuplicateFound(candidates):
            raise duplicate(candidates, is_blocking=outcome.blocking)
        case Conflict(fields, current_version):
            raise conflict("conflict", fields, current_version)


def _as_record(
    access: Access, object_type: ObjectType, saved: Saved, *, status: int
) -> HttpResponse:
    headers = {"ETag": etag(saved.version)}
    if saved.created:
        headers["Location"] = f"/api/v1/{object_type.path}/{saved.record_id}"
    paths = parameters.readable_fields(access, object_type)
    data: dict[str, Any] = {"id": saved.record_id, "version": saved.version}
    if access.can(Action.VIEW, object_type):
        try:
            with overlooked():
                data = record_data(access, object_type, saved.record_id, paths)
        except ApiProblem:
            # Handed to somebody else by this very change: saved, but no longer the caller's to see.
            data = {"id": saved.record_id, "version": saved.version}
    if saved.repairs:
        data["_repairs"] = saved.repairs
    if saved.hints:
        data["_hints"] = _hints(saved)
    return json_response(data, status=status, headers=headers)


# --- a batch -----------------------------------------------------------------------------------


def save_batch(request: HttpRequest, access: Access, object_type: ObjectType) -> HttpResponse:
    """POST many records: one result per row, in order; `mode=all_or_none` saves all or nothing."""
    parameters.checked(request, BULK_PARAMETERS)
    drafts = [_bulk_draft(item, index) for index, item in enumerate(_bulk_items(request))]
    outcomes = save_records(
        access,
        object_type,
        drafts,
        source=source_of(access),
        mode=_bulk_mode(request),
        dry_run=parameters.flag(request, "dry_run"),
        allow_duplicates=parameters.flag(request, "allow_duplicates"),
    )
    results = [_bulk_result(outcome, index) for index, outcome in enumerate(outcomes)]
    saved = sum(1 for outcome in outcomes if isinstance(outcome, Saved))
    held = sum(1 for outcome in outcomes if isinstance(outcome, Held))
    refused = len(results) - saved - held
    return json_response({"results": results, "saved": saved, "held": held, "refused": refused})


def _bulk_items(request: HttpRequest) -> list[Any]:
    body = body_of(request)
    extra = sorted(set(body) - {"items"})
    if extra:
        raise ApiProblem(
            "bad_request",
            _('“%(name)s” is not expected here; send {"items": […]}.') % {"name": extra[0][:60]},
            field=extra[0][:60],
        )
    items = body.get("items")
    if not isinstance(items, list) or not items or len(items) > MAX_BULK:
        raise ApiProblem(
            "bad_request", _("“items” is a list of 1 to %(most)s records.") % {"most": MAX_BULK}
        )
    return items


def _bulk_mode(request: HttpRequest) -> Mode:
    raw = request.GET.get("mode", Mode.EACH.value)
    if raw not in {mode.value for mode in Mode}:
        raise ApiProblem("bad_request", _("“mode” is each or all_or_none."), parameter="mode")
    return Mode(raw)


def _bulk_draft(item: Any, index: int) -> Draft:
    """Read one row: `id` and `version` name the record to change, the rest are its fields."""
    if not isinstance(item, dict):
        raise ApiProblem(
            "bad_request", _("Row %(row)s is not a JSON object.") % {"row": index}, index=index
        )
    values = dict(item)
    record_id, version = values.pop("id", None), values.pop("version", None)
    for name, number in (("id", record_id), ("version", version)):
        if number is not None and (type(number) is not int or not 0 < number < 2**53):
            raise ApiProblem(
                "bad_request",
                _("Row %(row)s: “%(name)s” is a whole number.") % {"row": index, "name": name},
                index=index,
            )
    if record_id is not None and version is None:
        raise ApiProblem(
            "version_needed",
            _("Row %(row)s changes a record: send the version you read.") % {"row": index},
            index=index,
        )
    if record_id is None and version is not None:
        raise ApiProblem(
            "bad_request",
            _("Row %(row)s has a version but no id.") % {"row": index},
            index=index,
        )
    return Draft(values, record_id=record_id, version=version, ref=index)


def _bulk_result(outcome: Outcome, index: int) -> dict[str, Any]:
    try:
        saved = saved_or_problem(outcome)
    except ApiProblem as problem:
        return {"index": index, "status": problem.status, "problem": problem.document()}
    if isinstance(saved, Held):
        # A try makes nothing that could be pending.
        held: dict[str, Any] = {
            "index": index,
            "status": 202,
            "pending_id": saved.pending_id or None,
        }
        return {**held, "state_url": address_of(saved.pending_id)} if saved.pending_id else held
    result: dict[str, Any] = {
        "index": index,
        "status": 201 if saved.created else 200,
        "id": saved.record_id,
        "version": saved.version,
    }
    if saved.repairs:
        result["repairs"] = saved.repairs
    if saved.hints:
        result["hints"] = _hints(saved)
    return result


def _hints(saved: Saved) -> list[dict[str, str]]:
    return [
        {"field": hint.field, "code": hint.code, "message": str(hint.message)}
        for hint in saved.hints
    ]
