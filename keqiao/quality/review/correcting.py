"""What was sent back, on the form again with the values entered, to be corrected and sent once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from keqiao.catalog.registry import object_type
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.records.audit import logged_texts, logged_value
from keqiao.records.drafts import Held, Saved
from keqiao.records.present import titles_of
from keqiao.ui.form_values import raw_of, remember
from keqiao.ui.forms import RecordForm

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome


class CorrectingForm(RecordForm):
    """The form of a record that begins with what was sent back, each reason beside its field."""

    def __init__(
        self,
        request: HttpRequest,
        access: Access,
        declared: ObjectType,
        record: Model | None,
        pending: PendingChange,
    ) -> None:
        super().__init__(request, access, declared, record)
        self.pending = pending
        self.action_url = f"/quality/review/{pending.pk}/correct/"

    def first_raws(self) -> dict[str, Any]:
        raws = super().first_raws()
        fields = {field.name: field for field in self.open_fields}
        [texts] = logged_texts(self.access, self.declared, [self.pending.values])
        for name in sent_back(self.pending):
            if name in fields:
                value = logged_value(fields[name], self.pending.values[name])
                links = self._links(fields[name], value)
                raws[name] = raw_of(fields[name], value, texts.get(name, ""), links)
        return raws

    def _links(self, field: Field, value: Any) -> list[tuple[int, str]]:
        if field.kind.key != "references":
            return []
        return list(titles_of(self.access, object_type(field.target), value or ()).items())

    def _was(self, raws: dict[str, Any]) -> str:
        """What was sent back counts as touched, so that it goes out again even when left as it is."""
        if self.record is None:
            return "{}"
        return self.request.POST.get("was") or remember(self.open_fields, super().first_raws())

    def reasons(self) -> dict[str, list[str]]:
        return {
            name: [one["reason"]]
            for name, one in self.pending.verdicts.items()
            if not one["accepted"] and one["reason"]
        }

    def answer(self, outcome: Outcome) -> HttpResponse:
        if isinstance(outcome, Saved | Held):
            with transaction.atomic():
                PendingChange.objects.filter(pk=self.pending.pk).update(state=PendingState.RESENT)
                if isinstance(outcome, Held):
                    again = PendingChange.objects.filter(pk=outcome.pending_id)
                    again.update(follows=self.pending)
        return super().answer(outcome)


def sent_back(pending: PendingChange) -> list[str]:
    """Return the entered fields that are not in the record: all of a rejected entry."""
    if pending.state == PendingState.PARTLY:
        return [name for name in pending.values if not _is_accepted(pending, name)]
    return list(pending.values)


def _is_accepted(pending: PendingChange, name: str) -> bool:
    verdict = pending.verdicts.get(name)
    return verdict is None or bool(verdict["accepted"])
