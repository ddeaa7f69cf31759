"""Putting tags on many records or taking them away, whatever else stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.words import field_named
from keqiao.ui.bulk import facts, start
from keqiao.ui.bulk_actions import BulkAction, register_bulk_action
from keqiao.ui.bulk_jobs import tag_many
from keqiao.ui.dialogs import dialog
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.bulk import Choice


def _tag_fields(access: Access, declared: ObjectType) -> dict[str, Field]:
    mask = access.fields(declared)
    return {
        name: field
        for name, field in declared.fields().items()
        if field.kind.key == "tags" and mask.is_writable(name) and not field.read_only
    }


def _is_offered(access: Access, declared: ObjectType) -> bool:
    return bool(_tag_fields(access, declared))


def _tags_page(request: HttpRequest, choice: Choice) -> HttpResponse:
    fields = _tag_fields(choice.access, choice.declared)
    name = request.POST.get("field", "")
    field = fields.get(name) or next(iter(fields.values()))
    added, removed = request.POST.get("added", "")[:500], request.POST.get("removed", "")[:500]
    problem = ""
    if request.POST.get("go"):
        try:
            words, gone = (field.kind.clean(text, field) or [] for text in (added, removed))
        except FieldProblem as found:
            problem = str(found.message)
        else:
            if words or gone:
                label = field_named(choice.declared.key, field.name)
                title = say(gettext_noop("Change “%(field)s” of many records"), field=label)
                more = {"name": field.name, "added": words, "removed": gone}
                return start(request, choice, title, tag_many, **more)
            problem = _("Please enter at least one tag to add or to take away.")
    context = {
        **facts(choice),
        "fields": [{"name": one.name, "label": sentence(one.label)} for one in fields.values()],
        "chosen": field.name,
        "added": added,
        "removed": removed,
        "problem": problem,
    }
    return dialog(request, "bulk_tags", _("Tags"), context, 422 if problem else 200)


register_bulk_action(
    BulkAction("tags", gettext_lazy("Tags"), "tag", Action.CHANGE, _tags_page, _is_offered, 20)
)
