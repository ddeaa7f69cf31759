"""The addresses of the follow-up composer: write, send, keep the draft, mention a colleague."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.access.access import Access
from keqiao.access.matrix import matrix
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.activities import composer
from keqiao.activities.attaching import size_words
from keqiao.activities.composer import FollowUp, NothingToFollow, Subject, subject_of
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.records.present import titles_of
from keqiao.ui.controls import control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, back_to, go, is_partial, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from django.http import HttpRequest, QueryDict

CHANGED = "activitiesChanged"
TYPE_COOKIE = "keqiao_followup"
YEAR_SECONDS = 365 * 24 * 3600
MOST_MENTIONED = 8
MOST_ASKED = 40


def composer_context(
    request: HttpRequest, access: Access, subject: Subject, *, whole: bool, **more: Any
) -> dict[str, Any]:
    """Return what the composer shows; `whole` with contacts, stage and phrases at once."""
    draft = {} if "given" in more else composer.read_draft(access, subject.pointer)
    given = more.pop("given", draft)
    types = composer.offered_types(access)
    remembered = given.get("type") or request.COOKIES.get(TYPE_COOKIE, "")
    chosen = next(
        (one.key for one in types if one.key == remembered), types[0].key if types else ""
    )
    context = {
        "about": subject.pointer,
        "subject_url": subject.url,
        "types": [
            {
                "key": one.key,
                "label": sentence(one.label),
                "icon": one.icon,
                "on": one.key == chosen,
            }
            for one in types
        ],
        "given": given,
        "is_draft": bool(draft),
        "key": composer.new_key(),
        "next_choices": [
            {**one, "on": one["key"] == given.get("next")} for one in composer.next_choices()
        ],
        "problems": [],
        **size_words(),
        "is_inline": not whole,
        "next": back_to(request, subject.url),
        **more,
    }
    if whole or draft:
        context.update(more_context(access, subject, given))
    context["mark"] = _mark(context)
    return context


def _mark(context: dict[str, Any]) -> Hashable:
    """Return all that decides how the part looks which is the same for everybody."""
    return (
        tuple((one["key"], one["on"]) for one in context["types"]),
        tuple((one["key"], one["day"], one["on"]) for one in context["next_choices"]),
        str(context["given"].get("next") or "")[:20],
        bool(context.get("is_open")),
        bool(context["is_inline"]),
        bool(context["is_draft"]),
        bool(context.get("is_sent") or context["problems"]),
    )


def more_context(access: Access, subject: Subject, given: dict[str, Any]) -> dict[str, Any]:
    picked = {str(one) for one in given.get("contacts") or []}
    contacts = composer.offered_contacts(access, subject)
    for one in contacts:
        one["on"] = str(one["id"]) in picked
    stage = composer.stage_field(access, subject.declared)
    stored = getattr(subject.record, stage.name) if stage else None
    return {
        "is_open": True,
        "contacts": contacts,
        "stage": {
            "label": sentence(stage.label),
            "html": control_html(
                stage, given.get("stage", stored), id="fu-stage", name="stage", required=False
            ),
            "was": stored or "",
        }
        if stage
        else None,
        "phrases": composer.phrases(access),
    }


@signed_in
@require_http_methods(["GET", "POST"])
def follow_up_page(request: HttpRequest) -> HttpResponse:
    """Show the composer in a dialog or on a page, or send what it holds."""
    access = access_of(request)
    about = request.POST.get("about") or request.GET.get("about", "")
    if not about or request.POST.get("choose"):
        about = picked_or_typed(request.POST or request.GET, "record") or about
    try:
        subject = subject_of(access, about)
    except NothingToFollow:
        if about and request.method == "GET":
            raise Http404 from None
        return _ask_which(request, about)
    if request.method == "GET":
        return _show(request, access, subject, whole=True)
    return _send(request, access, subject)


def _ask_which(request: HttpRequest, typed: str) -> HttpResponse:
    """Ask which record it is about, when nobody has said so."""
    problem = ""
    if request.method == "POST":
        problem = _("Please pick a customer, contact or lead from the suggestions.")
    return _dialog(request, "which", {"problem": problem, "typed": typed, "cancel_url": "/"})


def _show(
    request: HttpRequest, access: Access, subject: Subject, *, whole: bool, **more: Any
) -> HttpResponse:
    context = composer_context(request, access, subject, whole=whole, **more)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["problems"] else HTTPStatus.OK
    if not whole:
        return render(request, "activities/parts/composer.html", context, status=status)
    titles = titles_of(access, subject.declared, [subject.record.pk])
    context["title"] = titles.get(subject.record.pk, "")
    context["cancel_url"] = subject.url
    return _dialog(request, "follow_up", context)


def _dialog(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"activities/dialogs/{name}.html"
    bad = context.get("problems") or context.get("problem")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
    everything = {**context, "page_title": _("Log a follow-up"), "dialog_template": template}
    page = template if is_partial(request) else "ui/dialog.html"
    return render(request, page, everything, status=status)


def _send(request: HttpRequest, access: Access, subject: Subject) -> HttpResponse:
    is_inline = request.POST.get("place") == "inline" and is_partial(request)
    if phrase := whole_number(request.POST.get("phrase", "")):
        return _with_phrase(request, access, subject, phrase)
    kept = draft_of(request.POST)
    try:
        given = follow_up_of(request, access)
        problems = composer.send(access, subject, given, source_of(request))
    except ValueError:
        problems = [_("This is not a day. Write it like 2026-11-21.")]
    if problems:
        more = {"given": kept, "problems": problems}
        return _show(
            request, access, subject, whole=not is_inline, **more, **_opened(access, subject, kept)
        )
    response = _sent(request, access, subject, is_inline=is_inline)
    if kept.get("type") in composer.TYPES:
        response.set_cookie(
            TYPE_COOKIE, kept["type"], max_age=YEAR_SECONDS, httponly=True,
            secure=request.is_secure(), samesite="Lax",
        )  # fmt: skip
    return response


def _opened(access: Access, subject: Subject, given: dict[str, Any]) -> dict[str, Any]:
    return more_context(access, subject, given)


def _sent(
    request: HttpRequest, access: Access, subject: Subject, *, is_inline: bool
) -> HttpResponse:
    events: dict[str, Any] = {CHANGED: {"about": subject.pointer}, "toast": {"text": _("Saved")}}
    if is_inline:
        given = {"type": request.POST.get("type", "")}
        context = composer_context(request, access, subject, whole=False, given=given, is_sent=True)
        response = render(request, "activities/parts/composer.html", context)
        response.headers["HX-Trigger-After-Settle"] = json.dumps(events)
        return response
    if is_partial(request):
        events["closeDialog"] = {}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
    messages.success(request, _("Saved"))
    return go(request, back_to(request, subject.url))


def _with_phrase(
    request: HttpRequest, access: Access, subject: Subject, phrase_id: int
) -> HttpResponse:
    """Put a common phrase behind what is typed, for browsers without JavaScript."""
    given = draft_of(request.POST)
    text = next((one.text for one in composer.phrases(access) if one.pk == phrase_id), "")
    given["body"] = f"{given.get('body', '')}{text}"
    return _show(request, access, subject, whole=True, given=given)


def draft_of(posted: QueryDict) -> dict[str, Any]:
    """Return what is typed, to be kept or shown again."""
    found: dict[str, Any] = {
        name: posted.get(name, "") for name in composer.KEPT_DRAFT if name != "contacts"
    }
    found["contacts"] = [one for one in posted.getlist("contacts") if whole_number(one)][:50]
    if "stage" in posted:
        found["stage"] = posted["stage"]
    return {name: value for name, value in found.items() if value}


def follow_up_of(request: HttpRequest, access: Access) -> FollowUp:
    posted = request.POST
    types = [one.key for one in composer.offered_types(access)]
    kind = posted.get("type", "")
    stage, was = posted.get("stage"), posted.get("stage_was", "")
    contacts = [found for one in posted.getlist("contacts") if (found := whole_number(one))]
    return FollowUp(
        type=kind if kind in types else (types or ["note"])[0],
        body=posted.get("body", "").strip(),
        key=posted.get("key", ""),
        contacts=contacts[:50],
        next_at=composer.next_moment(posted.get("next", ""), posted.get("next_day", "")),
        next_name=posted.get("next_name", "").strip()[:200],
        stage=stage if stage is not None and stage != was else None,
        files=request.FILES.getlist("files"),
    )


@signed_in
@require_GET
def more_part(request: HttpRequest) -> HttpResponse:
    """Give what the opened composer offers besides the one line."""
    access = access_of(request)
    try:
        subject = subject_of(access, request.GET.get("about", ""))
    except NothingToFollow:
        raise Http404 from None
    context = more_context(access, subject, composer.read_draft(access, subject.pointer))
    return render(request, "activities/parts/composer_more.html", context)


@signed_in
@require_POST
def keep_draft(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    try:
        subject = subject_of(access, request.POST.get("about", ""))
    except NothingToFollow:
        raise Http404 from None
    data = draft_of(request.POST)
    composer.keep_draft(access, subject.pointer, request.POST.get("key", "")[:40], data)
    return HttpResponse(status=204)


@signed_in
@require_GET
def mention_part(request: HttpRequest) -> HttpResponse:
    """Suggest colleagues who may see the record, by name, pinyin or initials."""
    access = access_of(request)
    try:
        subject = subject_of(access, request.GET.get("about", ""))
    except NothingToFollow:
        raise Http404 from None
    typed = " ".join(request.GET.get("q", "").split())[:30].casefold()
    options = [
        (str(user.pk), user.name, access.department_name(user.department_id))
        for user in who_may_see(subject, typed, access.user_id)
    ]
    return render(request, "ui/options.html", {"options": options})


def who_may_see(subject: Subject, typed: str, but: int | None) -> list[User]:
    """Return colleagues whose name fits and who may open the record, the best fits first."""
    fitting = [
        person
        for person in matrix().people.values()
        if person.is_active and person.id != but and _fits(person.name, typed)
    ]
    fitting.sort(key=lambda one: (not one.name.casefold().startswith(typed), one.name))
    users = User.objects.in_bulk([one.id for one in fitting[:MOST_ASKED]])
    found: list[User] = []
    for person in fitting[:MOST_ASKED]:
        user = users.get(person.id)
        if user is None:
            continue
        if Access.for_user(user).reaches(Action.VIEW, subject.declared, subject.record):
            found.append(user)
        if len(found) >= MOST_MENTIONED:
            break
    return found


def _fits(name: str, typed: str) -> bool:
    if not typed or typed in name.casefold():
        return True
    return initials(name).startswith(typed) or "".join(full_pinyin(name)).startswith(typed)
