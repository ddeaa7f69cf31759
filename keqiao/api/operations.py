"""The fixed part of the API's description: parameters, answers and the five operations of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.api.parameters import MAX_LIMIT
from keqiao.api.writing import MAX_BULK

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

INTRODUCTION = (
    "One set of operations for every object. Sign in with a token "
    "(`Authorization: Bearer kq_…`); it carries its user's rights, narrowed to its scopes. "
    "Refusals are RFC 9457 problem documents; their title follows Accept-Language."
)
SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "keqiao_session",
        "description": "A signed-in person's browser; changes need the header X-CSRFToken.",
    },
}
SHARED_SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "field": {"type": "string"},
                        "message": {"type": "string"},
                        "code": {"type": "string"},
                        "suggestion": {"type": "string"},
                    },
                },
            },
        },
    },
    "BulkResult": {
        "type": "object",
        "required": ["results", "saved", "held", "refused"],
        "properties": {
            "results": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        "index": {"type": "integer"},
                        "status": {"type": "integer"},
                        "id": {"type": "integer"},
                        "version": {"type": "integer"},
                        "problem": {"$ref": "#/components/schemas/Problem"},
                    },
                },
            },
            "saved": {"type": "integer"},
            "held": {"type": "integer", "description": "Kept for review by a second person."},
            "refused": {"type": "integer"},
        },
    },
}
SHARED_PARAMETERS: dict[str, Any] = {
    "id": {"name": "id", "in": "path", "required": True,
           "schema": {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}},
    "filter": {"name": "filter", "in": "query", "schema": {"type": "string"},
               "description": "JSON: {\"field\": …, \"operator\": …, \"value\": …}, {\"all\": […]}, "
                              "{\"any\": […]} or {\"not\": …}."},
    "where": {"name": "where", "in": "query", "explode": True,
              "schema": {"type": "array", "items": {"type": "string"}},
              "description": "Short form, may be repeated: field:operator:value."},
    "cursor": {"name": "cursor", "in": "query", "schema": {"type": "string"},
               "description": "next_cursor or previous_cursor of an earlier answer."},
    "limit": {"name": "limit", "in": "query",
              "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50}},
    "fields": {"name": "fields", "in": "query", "schema": {"type": "string"},
               "description": "Names separated by commas, also of a linked record "
                              "(account.industry); * is all."},
    "count": {"name": "count", "in": "query", "schema": {"type": "boolean", "default": False},
              "description": "Count the matching records: adds `count` (stops at 10 000, then "
                             "`count_capped` is true; null when it would take too long)."},
    "allow_duplicates": {"name": "allow_duplicates", "in": "query",
                         "schema": {"type": "boolean", "default": False},
                         "description": "Save although another record has the same value."},
    "base_version": {"name": "base_version", "in": "query", "schema": {"type": "integer"},
                     "description": "The version you read; changes of other fields since are kept, "
                                    "changes of the same fields answer 409."},
    "mode": {"name": "mode", "in": "query",
             "schema": {"type": "string", "enum": ["each", "all_or_none"], "default": "each"}},
    "dry_run": {"name": "dry_run", "in": "query", "schema": {"type": "boolean", "default": False}},
    "if_match": {"name": "If-Match", "in": "header", "schema": {"type": "string"},
                 "description": "The ETag you read: any change since answers 412. * overwrites."},
    "if_none_match": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
    "idempotency_key": {"name": "Idempotency-Key", "in": "header",
                        "schema": {"type": "string", "maxLength": 200},
                        "description": "Makes a repeat safe for 24 hours."},
}  # fmt: skip
_PROBLEM_CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
SHARED_RESPONSES: dict[str, Any] = {
    "problem": {"description": "The request was refused; `code` says why.",
                "content": _PROBLEM_CONTENT},
}  # fmt: skip
_PROBLEM = {"$ref": "#/components/responses/problem"}


def _parameters(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(status: str, description: str, schema: dict[str, Any] | None) -> dict[str, Any]:
    good: dict[str, Any] = {"description": description}
    if schema is not None:
        good["content"] = _json(schema)
    return {status: good, "4XX": _PROBLEM, "5XX": _PROBLEM}


def paths_of(declared: ObjectType, name: str, fields: list[Field]) -> dict[str, Any]:
    """Return the five operations of one object type."""
    base = f"/api/v1/{declared.path}"
    return {
        base: {"get": _list(declared, name, fields), "post": _create(declared, name)},
        f"{base}/bulk": {"post": _bulk(declared, name)},
        f"{base}/{{id}}": {
            "get": _read(declared, name),
            "patch": _change(declared, name),
            "delete": _delete(declared, name),
        },
    }


def _operation(declared: ObjectType, verb: str, summary: str) -> dict[str, Any]:
    return {
        "operationId": f"{verb}_{declared.key}",
        "summary": summary,
        "tags": [str(declared.label_plural)],
    }


def _list(declared: ObjectType, name: str, fields: list[Field]) -> dict[str, Any]:
    sortable = [field.name for field in fields if field.sortable]
    sort = {
        "name": "sort",
        "in": "query",
        "schema": {
            "type": "string",
            "enum": [*sortable, *(f"-{item}" for item in sortable)],
            "default": declared.list.default_sort,
        },
    }
    page = {
        "type": "object",
        "required": ["items", "next_cursor", "previous_cursor"],
        "properties": {
            "items": {"type": "array", "items": _ref(name)},
            "next_cursor": {"type": ["string", "null"]},
            "previous_cursor": {"type": ["string", "null"]},
            "count": {
                "type": ["integer", "null"],
                "description": "Only when asked for. null: counting was given up, because it "
                "would have taken longer than the page; ask with a narrower filter.",
            },
            "count_capped": {
                "type": "boolean",
                "description": "Only when asked for. true: there are more than `count`.",
            },
        },
    }
    shared = _parameters("filter", "where", "cursor", "limit", "fields", "count")
    return {
        **_operation(declared, "list", "List"),
        "parameters": [sort, *shared],
        "responses": _answers("200", "One page.", page),
    }


def _create(declared: ObjectType, name: str) -> dict[str, Any]:
    return {
        **_operation(declared, "create", "Create"),
        "parameters": _parameters("allow_duplicates", "idempotency_key"),
        "requestBody": {"required": True, "content": _json(_ref(f"{name}Input"))},
        "responses": {
            **_answers("201", "Saved.", _ref(name)),
            "202": {"description": "Held for review."},
        },
    }


def _bulk(declared: ObjectType, name: str) -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "maxItems": MAX_BULK, "items": _ref(f"{name}Row")}
    body = {
        "type": "object",
        "additionalProperties": False,
        "required": ["items"],
        "properties": {"items": rows},
    }
    return {
        **_operation(declared, "save_many", "Create and change many"),
        "parameters": _parameters("mode", "dry_run", "allow_duplicates", "idempotency_key"),
        "requestBody": {"required": True, "content": _json(body)},
        "responses": _answers("200", "One result per row, in order.", _ref("BulkResult")),
    }


def _read(declared: ObjectType, name: str) -> dict[str, Any]:
    return {
        **_operation(declared, "read", "Read"),
        "parameters": _parameters("id", "fields", "if_none_match"),
        "responses": {
            **_answers("200", "The record.", _ref(name)),
            "304": {"description": "Unchanged since If-None-Match."},
        },
    }


def _change(declared: ObjectType, name: str) -> dict[str, Any]:
    return {
        **_operation(declared, "change", "Change"),
        "parameters": _parameters("id", "if_match", "base_version", "allow_duplicates"),
        "requestBody": {"required": True, "content": _json(_ref(f"{name}Change"))},
        "responses": {
            **_answers("200", "Saved.", _ref(name)),
            "202": {"description": "Held for review."},
        },
    }


def _delete(declared: ObjectType, name: str) -> dict[str, Any]:
    return {
        **_operation(declared, "delete", "Move to the recycle bin"),
        "parameters": _parameters("id", "if_match"),
        "responses": _answers("204", "Done.", None),
    }
