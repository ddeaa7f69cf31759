"""Hand-over of a leaver (离职移交): what the colleague holds, who takes it, and the report of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from keqiao.access.matrix import matrix
from keqiao.access.models import ApiToken, Collaborator, Department, Departure, User
from keqiao.access.words import person
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.jobs.models import Job
from keqiao.jobs.options import enqueue_unique, with_options
from keqiao.records.handing_over import is_open_work
from keqiao.records.takers import offered_takers, taker_title
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import department_box, person_box
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.leaving_job import hand_over_all, held_by, type_label, types_to_hand_over
from keqiao.ui.models import SavedView
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_or_typed
from keqiao.ui.settings.menu import settings_page
from keqiao.ui.transferring import asked_note

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access

MOST_TAKERS = 6


@administrators_only
@require_http_methods(["GET", "POST"])
def leaving(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show what a colleague holds; hand it over when the question is answered."""
    access, user = access_of(request), get_object_or_404(User, pk=user_id)
    problem = ""
    if request.method == "POST":
        problem = _problem(request, access, user)
        if not problem:
            return _start(request, access, user)
    given = request.POST
    boxes = [
        person_box(f"taker-{n}", f"taker{n}", given, required=False) for n in range(MOST_TAKERS)
    ]
    context = {
        "person": user,
        "rows": _held(access, user, given),
        "others": _beside_records(user),
        "taker_boxes": list(enumerate(boxes)),
        "department_html": department_box("taker-team", "team", given),
        "problem": problem,
        "reports": _reports(access, user),
    }
    title = _("Hand over from %(name)s") % {"name": user.name}
    return settings_page(request, "leaving", title, context, 422 if problem else 200)


def _held(access: Access, user: User, given: QueryDict) -> list[dict[str, Any]]:
    rows = []
    for declared in types_to_hand_over():
        count = held_by(access, declared, user.pk).count()
        if count:
            rows.append(
                {
                    "key": declared.key,
                    "label": sentence(declared.label_plural),
                    "icon": declared.icon,
                    "count": count,
                    "is_work": is_open_work(declared),
                    "elsewhere": offered_takers(access, declared),
                    "to": given.get(f"to_{declared.key}", ""),
                    "url": f"/{declared.path}/?where=owner:equals:{user.pk}",
                }
            )
    return rows


def _beside_records(user: User) -> list[tuple[str, int]]:
    """Return what else hangs on the person, which ends, stays or goes to the first taker."""
    views = SavedView.objects.filter(user=user).exclude(audience=SavedView.OWN)
    tokens = ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now())
    return [
        (_("Records shared with the colleague (the shares end with the account)"),
         Collaborator.objects.filter(user=user).count()),
        (_("Views the colleague shared (the first one below gets them)"), views.count()),
        (_("API tokens (they end with the account)"), tokens.count()),
        (_("Background work not yet done"),
         Job.objects.filter(actor_id=user.pk, finished_at__isnull=True).count()),
        (_("Departments led (name another head there)"),
         Department.objects.filter(head=user).count()),
    ]  # fmt: skip


def _takers(given: QueryDict) -> tuple[list[str], bool]:
    """Return the colleagues or the department, and whether everything typed was understood."""
    people, found, understood = matrix().people, [], True
    for place in range(MOST_TAKERS):
        text = picked_or_typed(given, f"taker{place}")
        if not text:
            continue
        number = whole_number(text)
        if number is None:
            named = [one.id for one in people.values() if one.name == text and one.is_active]
            number = named[0] if len(named) == 1 else None
        person = people.get(number or 0)
        if person is None or not person.is_active:
            understood = False
        elif f"owner:{person.id}" not in found:
            found.append(f"owner:{person.id}")
    text = picked_or_typed(given, "team")
    team = whole_number(text) if text else None
    if text and (found or team not in matrix().departments):
        return [], False  # to colleagues or to a department, not to both
    return [f"team:{team}"] if text else found, understood


def _elsewhere(given: QueryDict) -> dict[str, str]:
    """Return the ticked types that go to another taker than the colleagues, with that one."""
    wanted = {key: given.get(f"to_{key}", "") for key in given.getlist("keys")}
    return {key: taker for key, taker in wanted.items() if taker}


def _is_offered(access: Access, elsewhere: dict[str, str]) -> bool:
    offered = {one.key: dict(offered_takers(access, one)) for one in types_to_hand_over()}
    return all(taker in offered.get(key, {}) for key, taker in elsewhere.items())


def _problem(request: HttpRequest, access: Access, user: User) -> str:
    takers, understood = _takers(request.POST)
    if user.pk == access.user_id:
        return _("Somebody else has to hand over what you hold: the work runs in your name.")
    keys = request.POST.getlist("keys")
    elsewhere = _elsewhere(request.POST)
    need_somebody = set(keys) - elsewhere.keys() or not keys
    if not _is_offered(access, elsewhere):
        return _("Please choose one of those offered.")
    if not understood or (need_somebody and not takers):
        return _("Please choose colleagues who are still here, or a department, from the lists.")
    if f"owner:{user.pk}" in takers:
        return _("The leaving colleague cannot take over what is handed over.")
    if not request.POST.getlist("keys") and "shut_out" not in request.POST:
        return _("Please tick what is to be handed over.")
    return ""


def _start(request: HttpRequest, access: Access, user: User) -> HttpResponse:
    takers, _understood = _takers(request.POST)
    reason = asked_note(request.POST)
    departure = Departure.objects.create(
        user_id=user.pk, by_id=access.user_id or 0, started_at=now(), reason=reason
    )
    title = say(gettext_noop("Hand over from %(name)s"), name=person(user.pk))
    chosen: Any = with_options(hand_over_all, actor_id=access.user_id, title=title)
    job = enqueue_unique(
        chosen,
        f"leaving:{user.pk}",
        user_id=access.user_id,
        request_id=getattr(request, "request_id", ""),
        leaver_id=user.pk,
        takers=takers,
        elsewhere=_elsewhere(request.POST),
        keys=request.POST.getlist("keys"),
        shut_out="shut_out" in request.POST,
        departure_id=departure.pk,
        reason=reason,
    )
    Departure.objects.filter(pk=departure.pk).update(job_id=int(job.id))
    messages.success(
        request, _("It runs in the background; the report stands below when it is done.")
    )
    return go(request, f"/settings/people/{user.pk}/leaving/")


def _reports(access: Access, user: User) -> list[dict[str, Any]]:
    return [
        {
            "when": near_moment(one.started_at),
            "by": access.person_name(one.by_id),
            "is_done": one.ended_at is not None,
            "job_url": f"/jobs/{one.job_id}/" if one.job_id else "",
            "reason": one.reason,
            "problem": one.problem,
            "given": [
                {
                    # Earlier reports name people by number, and a department by nothing.
                    "who": taker_title(access, who)
                    if isinstance(who, str)
                    else access.person_name(who) or _("the department"),
                    "what": type_label(key),
                    "count": count,
                }
                for who, key, count in one.given
            ],
            "left": [{"what": type_label(key), "id": pk, "why": why} for key, pk, why in one.left],
            "left_count": one.left_count,
        }
        for one in Departure.objects.filter(user_id=user.pk).order_by("-started_at")[:20]
    ]
