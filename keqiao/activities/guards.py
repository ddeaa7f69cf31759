"""Who may do what with activities beyond the general rights: tasks are given, comments stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action, Level
from keqiao.access.roles import register_default_right
from keqiao.activities.activity import COMMENT
from keqiao.records.checking import register_gate
from keqiao.records.drafts import Problem, Rejected

if TYPE_CHECKING:
    from keqiao.records.batch import Batch


# A task may be given to a colleague, whoever one is; who answers customers may take back a remark.
for _role in ("sales", "service"):
    register_default_right(_role, "task", Action.TRANSFER, Level.OWN)
register_default_right("service", COMMENT, Action.DELETE, Level.OWN)


@register_gate
def only_its_author(batch: Batch) -> None:
    if batch.object_type.key != COMMENT or batch.access.is_system:
        return
    message = _("Only who wrote a comment can change it. Please answer with one of your own.")
    for item in batch.open_items():
        if item.record is not None and item.record.owner_id != batch.access.user_id:  # type: ignore[attr-defined]
            item.outcome = Rejected([Problem("", message, "not_author")], forbidden=True)
        elif item.record is not None and item.values.get("owner", item.record.owner_id) != (  # type: ignore[attr-defined]
            item.record.owner_id  # type: ignore[attr-defined]
        ):
            words = _("A comment stays with the person who wrote it.")
            item.outcome = Rejected([Problem("owner", words, "not_author")], forbidden=True)
