"""Returning many chosen records to a pool: the count and the reason first, then in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django_tasks import task

from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.actions import asked_pool, asked_reason, pool_dialog, release_choices
from keqiao.customers.pool.known import known
from keqiao.customers.pool.release import release
from keqiao.records.drafts import Source
from keqiao.ui.bulk import facts, start
from keqiao.ui.bulk_jobs import in_steps

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.ui.bulk import Choice


def release_many_page(request: HttpRequest, choice: Choice) -> HttpResponse:
    problem = ""
    if request.POST.get("go"):
        pool = asked_pool(request, choice.access, choice.declared)
        reason = asked_reason(request)
        if pool is None:
            problem = _("Please choose one of the pools offered.")
        elif pool.needs_reason and not reason:
            problem = _("Please say why: the next colleague will want to know.")
        else:
            words = say(gettext_noop("Return to the pool “%(pool)s”"), pool=pool.name)
            return start(request, choice, words, release_many, pool_id=pool.pk, reason=reason)
    told = facts(choice)
    context = {
        **told,
        **release_choices(choice.access, choice.declared),
        "hidden_fields": [*told["hidden_fields"], ("action", "pool")],
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    title = _("Return many records to the pool?")
    return pool_dialog(request, "release", title, context, 422 if problem else 200)


@task(title=gettext_lazy("Return many records to the pool"))
def release_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    pool_id: int,
    reason: str = "",
    nested: str = "",
) -> dict[str, Any]:
    """Return every chosen record this person may change; locked ones stay."""
    declared = object_type(object_key)
    source = Source("bulk", reason, request_id)

    def give_back(access: Access, part: list[int]) -> int:
        pool = known().pools.get(pool_id)
        return len(release(access, pool, part, reason, source=source).done) if pool else 0

    return in_steps(user_id, declared, Action.CHANGE, where, search, ids, give_back, nested)
