"""What programs can do with one record besides reading and writing it; packages above add theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keqiao.api import parameters
from keqiao.api.problems import ApiProblem
from keqiao.api.writing import body_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

Run = Callable[["Access", "ObjectType", int, "dict[str, Any]"], "HttpResponse"]


@dataclass(frozen=True)
class RecordVerb:
    """`POST /api/v1/accounts/42/claim`: `run` checks the rights itself and raises `ApiProblem`."""

    name: str
    summary: str
    run: Run
    is_for: Callable[[ObjectType], bool]
    body: dict[str, Any] = field(default_factory=dict)  # properties of the JSON sent, by name


_verbs: dict[str, RecordVerb] = {}


def register_record_verb(verb: RecordVerb) -> RecordVerb:
    """Offer a verb on records of the API; packages above the kit call this once at start-up."""
    _verbs[verb.name] = verb
    return verb


def verbs_of(declared: ObjectType) -> list[RecordVerb]:
    return [verb for verb in _verbs.values() if verb.is_for(declared)]


def run_verb(
    request: HttpRequest, access: Access, declared: ObjectType, record_id: int, name: str
) -> HttpResponse:
    verb = next((one for one in verbs_of(declared) if one.name == name), None)
    if verb is None:
        raise ApiProblem("not_found")
    parameters.checked(request, frozenset())
    given = body_of(request) if request.body else {}
    for unknown in given.keys() - verb.body.keys():
        raise ApiProblem("unknown_parameter", parameter=str(unknown)[:60])
    return verb.run(access, declared, record_id, given)


def paths_of_verbs(declared: ObjectType) -> dict[str, Any]:
    """Return the verbs of a type as the description tells them."""
    problem = {"$ref": "#/components/responses/problem"}
    return {
        f"/api/v1/{declared.path}/{{id}}/{verb.name}": {
            "post": {
                "operationId": f"{verb.name}_{declared.key}",
                "summary": verb.summary,
                "tags": [str(declared.label_plural)],
                "parameters": [
                    {"$ref": "#/components/parameters/id"},
                    {"$ref": "#/components/parameters/idempotency_key"},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": verb.body,
                            }
                        }
                    }
                },
                "responses": {"200": {"description": "Done."}, "4XX": problem, "5XX": problem},
            }
        }
        for verb in verbs_of(declared)
    }
