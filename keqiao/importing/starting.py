"""Begins an import: takes the file in, looks at it and proposes what each column means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.base.text import clean_text
from keqiao.catalog.field import Field
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.importing.mapping import Proposal, known_headers, propose, source_signature
from keqiao.importing.models import ImportMapping, ImportRun, Mode
from keqiao.importing.readers import Detected, ReadSettings, detect
from keqiao.importing.running import require_import
from keqiao.importing.store import disk_guard, import_path, keep_upload
from keqiao.records.ownership import may_choose_department


def importable_fields(access: Access, declared: ObjectType) -> list[Field]:
    """Return the fields this person may fill, and the numbers by which records can be found."""
    mask = access.fields(declared)
    left_out = set() if may_choose_department(access, declared) else {"team"}
    return [
        field
        for field in declared.fields().values()
        if (mask.is_writable(field.name) and not field.read_only and field.name not in left_out)
        or (field.kind.key == "serial" and mask.is_readable(field.name))
    ]


def start_import(
    access: Access, declared: ObjectType, name: str, chunks: Iterable[bytes]
) -> tuple[ImportRun, Detected]:
    """Store an upload and return the run with its first, unconfirmed settings."""
    require_import(access, declared)
    if Feature.IMPORT not in declared.features:
        raise LookupError(declared.key)
    stored, size = keep_upload(name, chunks)
    run = ImportRun(
        object_key=declared.key,
        # A name of another system's encoding is no text that a database takes.
        file_name=clean_text(Path(name).name)[:255],
        stored_name=stored,
        size=size,
        user_id=access.user_id,
        created_at=now(),
    )
    try:
        found = look_again(access, declared, run, None)
    except BaseException:
        import_path(stored).unlink(missing_ok=True)
        raise
    return run, found


def look_again(
    access: Access, declared: ObjectType, run: ImportRun, asked: ReadSettings | None
) -> Detected:
    """Read the file with the chosen settings and propose the mapping anew; saves the run."""
    fields = importable_fields(access, declared)
    path = import_path(run.stored_name)
    found = detect(path, run.file_name, asked=asked, known=known_headers(fields))
    run.settings = found.settings.as_json()
    run.columns = [dict(vars(column)) for column in found.columns]
    run.signature = source_signature(declared.key, found.columns)
    run.staged = False
    past = remembered(run)
    if past is not None:
        run.mode = past.mode
        run.key_field = past.key_field if past.key_field in declared.fields() else ""
        run.mode = Mode.CREATE if not run.key_field else run.mode
    run.mapping = {
        str(proposal.column.index): proposal.field
        for proposal in proposals(declared, run, found, fields)
        if proposal.field
    }
    with disk_guard():
        run.save()
    return found


def remembered(run: ImportRun) -> ImportMapping | None:
    return ImportMapping.objects.filter(object_key=run.object_key, signature=run.signature).first()


def proposals(
    declared: ObjectType, run: ImportRun, found: Detected, fields: list[Field]
) -> list[Proposal]:
    past = remembered(run)
    rows = [row for _number, row in found.sample]
    return propose(
        found.columns,
        rows,
        fields,
        title=declared.title,
        remembered=past.mapping if past else None,
    )


def current_settings(run: ImportRun, **changes: Any) -> ReadSettings:
    """Return the run's settings with what the person chose instead; a new sheet starts afresh."""
    settings = ReadSettings(**run.settings)
    if changes.get("sheet", settings.sheet) != settings.sheet or (
        changes.get("delimiter", settings.delimiter) != settings.delimiter
    ):
        changes["header_row"] = 0
    return replace(settings, **changes)
