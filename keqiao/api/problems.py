"""How the API says no: an RFC 9457 problem document in the language of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.records.drafts import DuplicateCandidate, FieldConflict, Problem

PROBLEM_JSON = "application/problem+json; charset=utf-8"
MAX_RETRY_SECONDS = 3600

# code -> (status, title); the code is also the last part of the problem's `type` address.
TITLES: dict[str, tuple[int, str | Promise]] = {
    "bad_request": (400, _("The request cannot be understood")),
    "token_in_address": (400, _("A token must not stand in the address")),
    "sign_in": (401, _("Please sign in or send a token")),
    "csrf": (403, _("The request does not come from a page of this installation")),
    "forbidden": (403, _("You may not do this")),
    "not_found": (404, _("There is no such record")),
    "method": (405, _("This address does not offer this method")),
    "merged": (410, _("This record was merged into another one")),
    "in_flight": (409, _("The same request is being worked on")),
    "conflict": (409, _("Somebody else changed the record in the meantime")),
    "duplicate": (409, _("Such a record exists already")),
    "in_use": (409, _("Other records still need this one")),
    "refused": (409, _("This cannot be done as things stand")),
    "stale": (412, _("The record is no longer at the version you read")),
    "too_large": (413, _("The request is too large")),
    "media_type": (415, _("Please send JSON")),
    "invalid": (422, _("Some values cannot be accepted")),
    "filter": (422, _("The list cannot be shown this way")),
    "unknown_parameter": (422, _("There is no such parameter")),
    "key_reused": (422, _("This Idempotency-Key belongs to another request")),
    "version_needed": (428, _("Please say which version you are changing")),
    "too_many": (429, _("Too many requests")),
    "unavailable": (503, _("The database cannot be written or reached right now")),
    "fault": (500, _("Something went wrong on our side")),
}


class ApiProblem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        code: str,
        detail: str | Promise = "",
        *,
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status, self.title = TITLES[code]
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def document(self) -> dict[str, Any]:
        found = {
            "type": f"/api/docs#problem-{self.code}",
            "title": str(self.title),
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            found["detail"] = str(self.detail)
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        if request_id:
            found["request_id"] = request_id
        return {**found, **self.members}

    def response(self) -> HttpResponse:
        body = msgspec.json.encode(self.document())
        return HttpResponse(
            body, status=self.status, content_type=PROBLEM_JSON, headers=self.headers
        )


def error_list(problems: list[Problem]) -> list[dict[str, Any]]:
    """Return the `errors` member: what is wrong with which field."""
    found = []
    for problem in problems:
        entry: dict[str, Any] = {
            "field": problem.field,
            "message": str(problem.message),
            "code": problem.code,
        }
        if problem.suggestion:
            entry["suggestion"] = problem.suggestion
        found.append(entry)
    return found


def invalid(problems: list[Problem]) -> ApiProblem:
    first = str(problems[0].message) if problems else ""
    return ApiProblem("invalid", first, errors=error_list(problems))


def duplicate(candidates: list[DuplicateCandidate], *, is_blocking: bool) -> ApiProblem:
    """Name the records in the way; those out of the caller's reach without number and title."""
    detail = (
        _("This value may exist only once.")
        if is_blocking
        else _("Send allow_duplicates=true to save it all the same.")
    )
    found = [
        {
            "id": candidate.record_id,
            "title": candidate.title,
            "owner": candidate.owner,
            "field": candidate.field,
            "rule": candidate.rule,
            "blocking": candidate.blocking,
            **(
                {"object": candidate.object_key, "reasons": list(candidate.reasons)}
                if not candidate.field
                else {}
            ),
            **({"place": str(candidate.place)} if candidate.place else {}),
        }
        for candidate in candidates
    ]
    return ApiProblem("duplicate", detail, blocking=is_blocking, candidates=found)


def conflict(code: str, fields: list[FieldConflict], current_version: int) -> ApiProblem:
    """Show both values of each field that two people changed."""
    found = [
        {
            "field": field.name,
            "mine": field.mine,
            "theirs": field.theirs,
            "by": field.by,
            "at": field.at,
        }
        for field in fields
    ]
    return ApiProblem(
        code,
        _("Read the record again, decide about these fields and send your change anew."),
        headers={"ETag": etag(current_version)},
        current_version=current_version,
        conflicts=found,
    )


def etag(version: int) -> str:
    return f'"v{version}"'
