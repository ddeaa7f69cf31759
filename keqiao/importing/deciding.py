"""Decides the fate of rows, a batch at a time, through the same write path that forms and the API use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.catalog.problems import FieldProblem
from keqiao.importing.drafting import Line, Plan, find_targets, line_of, settle_owners
from keqiao.importing.models import ImportRow, ImportRun, RowState
from keqiao.records.drafts import (
    Conflict,
    Draft,
    DuplicateCandidate,
    DuplicateFound,
    Held,
    Outcome,
    Problem,
    Rejected,
    Saved,
    Source,
)
from keqiao.records.match_keys import keys_of, match_key, rules_of
from keqiao.records.save import save_records


@dataclass
class Decider:
    """One pass over the rows of a run: a check (`dry_run`) or the import itself."""

    run: ImportRun
    access: Access
    plan: Plan
    dry_run: bool
    seen: dict[int, int] = dataclass_field(
        default_factory=dict
    )  # fingerprint -> row, when checking

    def __post_init__(self) -> None:
        self.source = Source("import", detail=self.run.source_detail)
        self.rules = rules_of(self.plan.object_type)
        self.guarded = {name for rule in self.rules for name in rule.fields}
        self.blocking = {rule.name for rule in self.rules if rule.action == "block"}
        # Links to the same object type ("parent account"), with the rule that knows its names.
        declared = self.plan.object_type
        title = declared.title_field()
        named = [rule.name for rule in self.rules if title.name in rule.fields]
        self.inner = {
            field.name: (named[0], title.kind)
            for _index, field in self.plan.columns
            if field.target == declared.key and named and not field.kind.many
        }

    def decide(self, rows: Sequence[ImportRow], *, again: bool = False) -> None:
        """Set state, problems and record of each row; the caller stores them."""
        lines = [line_of(self.plan, row) for row in rows]
        if again and self.dry_run:
            for line in lines:
                self._drop_expected_links(line)
        find_targets(self.plan, self.access, self.run, lines)
        settle_owners(self.plan, lines)
        open_lines = [line for line in lines if not line.problems and line.repeats is None]
        drafts = [
            Draft(values=line.values, record_id=line.record_id, ref=line.row.number)
            for line in open_lines
        ]
        outcomes = save_records(
            self.access,
            self.plan.object_type,
            drafts,
            source=self.source,
            dry_run=self.dry_run,
            allow_duplicates=self.plan.allow_duplicates,
        )
        for line in lines:
            line.row.key_hash = line.key_hash
            if line.problems:
                self._settle(line, Rejected(line.problems))
            elif line.repeats is not None:
                self._settle_repeat(line, line.repeats, self.plan.key.name if self.plan.key else "")
        for line, outcome in zip(open_lines, outcomes, strict=True):
            if self.dry_run and isinstance(outcome, Saved):
                self._settle_checked(line, outcome)
            else:
                self._settle(line, outcome)

    def waits_for_own_list(self, row: ImportRow) -> bool:
        """Say whether a row failed only because it names a record that this list may bring."""
        problems = row.problem_list()
        return bool(problems) and all(
            problem["code"] == "reference" and problem["field"] in self.inner
            for problem in problems
        )

    def _drop_expected_links(self, line: Line) -> None:
        """In a check nothing is written: a link to a row that would be created counts as found."""
        for name, (rule, kind) in self.inner.items():
            raw = line.values.get(name)
            if isinstance(raw, str):
                key = match_key(self.plan.object_type.key, rule, kind.exact(raw.strip()))
                if key in self.seen:
                    del line.values[name]

    def _settle(self, line: Line, outcome: Outcome) -> None:
        row = line.row
        row.problems = row.repairs = row.changes = ""
        row.record_id = row.version = None
        match outcome:
            case Saved():
                row.state = RowState.CREATED if outcome.created else RowState.UPDATED
                row.record_id = outcome.record_id or None
                row.version = outcome.version
                row.repairs = json.dumps(outcome.repairs) if outcome.repairs else ""
                if not outcome.created and outcome.changes:
                    changes = {n: [c.before, c.after] for n, c in outcome.changes.items()}
                    row.changes = json.dumps(changes)
            case DuplicateFound():
                row.state = RowState.DUPLICATE
                row.record_id = outcome.candidates[0].record_id if outcome.candidates else None
                row.problems = _dump([self._duplicate(c) for c in outcome.candidates])
            case Rejected():
                row.state = RowState.REJECTED
                row.problems = _dump(outcome.problems)
            case Held():
                row.state = RowState.HELD
                row.record_id = line.record_id
            case Conflict():
                row.state = RowState.REJECTED
                message = _("Somebody changed this record at the same time. Import the row again.")
                row.problems = _dump([Problem("", message, "conflict")])

    def _settle_repeat(self, line: Line, earlier: int, field: str) -> None:
        row = line.row
        row.repairs = row.changes = ""
        row.record_id = row.version = None
        row.state = RowState.DUPLICATE
        row.problems = _dump([Problem(field, self._same_as_row(field, earlier), "repeated")])

    def _settle_checked(self, line: Line, outcome: Saved) -> None:
        """A check writes nothing, so repeats of rows of earlier batches are found here."""
        values = {}
        fields = self.plan.object_type.fields()
        for name in self.guarded & line.values.keys():
            try:
                values[name] = fields[name].kind.clean(line.values[name], fields[name])
            except FieldProblem:  # cannot be: the write path has just accepted it
                continue
        keys = keys_of(self.plan.object_type, self.rules, fields, values)
        for key, (rule, field) in keys.items():
            earlier = self.seen.get(key)
            tolerated = self.plan.allow_duplicates and rule not in self.blocking
            if earlier is not None and earlier != line.row.number and not tolerated:
                self._settle_repeat(line, earlier, field)
                return
        for key in keys:
            self.seen.setdefault(key, line.row.number)
        self._settle(line, outcome)

    def _duplicate(self, candidate: DuplicateCandidate) -> Problem:
        field = candidate.field
        if candidate.ref is not None:
            return Problem(field, self._same_as_row(field, candidate.ref), "repeated")
        if not field:
            return self._alike(candidate)
        label = self._label(field)
        if candidate.place:
            message = _("A record has the same %(field)s. %(place)s")
            given = {"field": label, "place": candidate.place}
            return Problem(field, message % given, "duplicate")
        if candidate.title:
            message = _("“%(title)s” has the same %(field)s.")
            return Problem(field, message % {"title": candidate.title, "field": label}, "duplicate")
        message = _("A record of %(owner)s has the same %(field)s.")
        owner = candidate.owner or _("a colleague")
        return Problem(field, message % {"owner": owner, "field": label}, "duplicate")

    def _alike(self, candidate: DuplicateCandidate) -> Problem:
        """What a rule of likeness found: no one field says it."""
        named = candidate.title or candidate.place or candidate.owner or _("a colleague")
        if candidate.title:
            message = _("This may be “%(named)s”: %(reasons)s")
            given = {"named": named, "reasons": str(_("; ")).join(candidate.reasons)}
            return Problem("", message % given, "alike")
        message = _("A record you may not see looks the same: %(named)s")
        return Problem("", message % {"named": named}, "alike")

    def _same_as_row(self, field: str, number: int) -> Any:
        message = _("Row %(row)s of this list has the same %(field)s.")
        return message % {"row": number, "field": self._label(field)}

    def _label(self, field: str) -> Any:
        known = self.plan.object_type.fields().get(field)
        return known.label if known else field


def _dump(problems: Sequence[Problem]) -> str:
    return json.dumps(
        [
            {
                "field": p.field,
                "message": str(p.message),
                "code": p.code,
                "suggestion": p.suggestion,
            }
            for p in problems
        ]
    )


NOT_BROUGHT_IN = (RowState.REJECTED, RowState.HELD, RowState.LEFT_OUT)
STORE = (
    "UPDATE importing_importrow SET state = %s, problems = %s, repairs = %s, record_id = %s,"
    " version = %s, changes = %s, key_hash = %s WHERE id = %s"
)


def store_rows(rows: Sequence[ImportRow]) -> None:
    """Write the decisions; one prepared statement is ten times quicker than `bulk_update`."""
    values = [
        (r.state, r.problems, r.repairs, r.record_id, r.version, r.changes, r.key_hash, r.pk)
        for r in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(STORE, values)


def add_counts(run: ImportRun, rows: Sequence[ImportRow], sign: int = 1) -> None:
    run.rows_read += sign * len(rows)
    for row in rows:
        run.created += sign * (row.state == RowState.CREATED)
        run.updated += sign * (row.state == RowState.UPDATED)
        run.duplicates += sign * (row.state == RowState.DUPLICATE)
        run.rejected += sign * (row.state in NOT_BROUGHT_IN)
        run.held += sign * (row.state == RowState.HELD)
        run.repaired += sign * bool(row.repairs)
