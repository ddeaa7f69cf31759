"""Describes the API to programs (OpenAPI 3.1) and to the people who write them (a page)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from keqiao.access.access import Access
from keqiao.access.rights import Right
from keqiao.api import operations
from keqiao.api.problems import TITLES, ApiProblem
from keqiao.api.reading import json_response
from keqiao.api.router import api_view
from keqiao.api.verbs import paths_of_verbs
from keqiao.catalog.object_type import Feature
from keqiao.catalog.operators import OPERATOR_LABELS
from keqiao.catalog.registry import object_types

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def offered(access: Access) -> list[ObjectType]:
    return [declared for declared in object_types() if Feature.API in declared.features]


def visible_fields(access: Access, object_type: ObjectType) -> list[Field]:
    mask = access.fields(object_type)
    return [field for name, field in object_type.fields().items() if not mask.is_hidden(name)]


@api_view
def openapi_document(request: HttpRequest, access: Access) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        raise ApiProblem("method", headers={"Allow": "GET, HEAD"})
    return json_response(document(access))


def document(access: Access) -> dict[str, Any]:
    """Return the OpenAPI document for what this caller may see, custom fields included."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = dict(operations.SHARED_SCHEMAS)
    for declared in offered(access):
        name = schema_name(declared)
        fields = visible_fields(access, declared)
        mask = access.fields(declared)
        writable = [
            field for field in fields if not field.read_only and mask[field.name] is Right.WRITE
        ]
        schemas[name] = _read_schema(declared, fields)
        schemas[f"{name}Input"] = _write_schema(writable, is_new=True)
        schemas[f"{name}Change"] = _write_schema(writable, is_new=False)
        schemas[f"{name}Row"] = _row_schema(writable)
        paths.update(operations.paths_of(declared, name, fields))
        paths.update(paths_of_verbs(declared))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Keqiao API",
            "version": "1",
            "description": operations.INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": operations.SHARED_PARAMETERS,
            "responses": operations.SHARED_RESPONSES,
            "securitySchemes": operations.SECURITY_SCHEMES,
        },
    }


def schema_name(declared: ObjectType) -> str:
    return "".join(part.capitalize() for part in declared.key.split("_"))


def field_schema(field: Field) -> dict[str, Any]:
    """Return the kind's schema with the field's own name, length and data standard."""
    schema = dict(field.kind.schema(field))
    schema["title"] = str(field.label)
    notes = [schema.get("description", ""), str(field.standard)]
    if any(notes):
        schema["description"] = " ".join(note for note in notes if note)
    if field.max_length and schema.get("type") == "string" and "enum" not in schema:
        schema.setdefault("maxLength", field.max_length)
    return schema


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Empty is null on the way out and clears the field on the way in."""
    schema = dict(schema)
    schema["type"] = [schema["type"], "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _read_schema(declared: ObjectType, fields: list[Field]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        **{field.name: nullable(field_schema(field)) for field in fields},
        "_masked": {
            "type": "object",
            "description": "What the mask shows of values you may not read in full.",
            "additionalProperties": {"type": "string"},
        },
        "_repairs": {
            "type": "object",
            "description": "What was put right in the values you sent.",
            "additionalProperties": {"type": "string"},
        },
        "_hints": {
            "type": "array",
            "description": "What looks wrong in the record and was saved all the same.",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    }
    return {
        "type": "object",
        "title": str(declared.label),
        "required": ["id", "version"],
        "properties": properties,
    }


def _write_schema(fields: list[Field], *, is_new: bool) -> dict[str, Any]:
    required = [
        field.name for field in fields if field.required and field.default is None and is_new
    ]
    properties = {
        field.name: field_schema(field) if field.name in required else nullable(field_schema(field))
        for field in fields
    }
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    if required:
        schema["required"] = required
    if not is_new:
        schema["minProperties"] = 1
    return schema


def _row_schema(fields: list[Field]) -> dict[str, Any]:
    schema = _write_schema(fields, is_new=False)
    schema["properties"] = {
        "id": {"type": "integer", "description": "The record to change; without it a new one."},
        "version": {"type": "integer", "description": "The version you read; needed with id."},
        **schema["properties"],
    }
    return schema


@require_safe
@login_required
def documentation(request: HttpRequest) -> HttpResponse:
    """Show people how to call the API, with the fields they themselves may see."""
    access = Access.for_user(request.user)  # type: ignore[arg-type]
    objects = [
        {
            "type": declared,
            "url": f"/api/v1/{declared.path}",
            "fields": visible_fields(access, declared),
        }
        for declared in offered(access)
    ]
    problems = [
        {"code": code, "status": status, "title": title} for code, (status, title) in TITLES.items()
    ]
    return render(
        request,
        "api/docs.html",
        {"objects": objects, "problems": problems, "operators": OPERATOR_LABELS.items()},
    )
