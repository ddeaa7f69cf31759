"""How one wishes to be told, and what the company gives to everybody who has not chosen."""

from __future__ import annotations

from smtplib import SMTPException
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from keqiao.base.clock import now
from keqiao.notifications.kinds import Channel, notice_kinds
from keqiao.notifications.letters import mail_leaves
from keqiao.notifications.mail_text import trial_mail
from keqiao.notifications.models import DeadAddress, Letter
from keqiao.notifications.preferences import (
    MINUTES_A_DAY,
    Wishes,
    company_wishes,
    forget_wishes,
    keep_wishes,
    wishes_of,
)
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go, signed_in
from keqiao.ui.settings.own import own_user

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.models import User

# Where customers' people sit; one may have any other zone set by the company's administrator.
ZONES = {
    "Asia/Shanghai": gettext_lazy("Beijing, Shanghai"),
    "Asia/Urumqi": gettext_lazy("Urumqi"),
    "Asia/Hong_Kong": gettext_lazy("Hong Kong"),
    "Asia/Taipei": gettext_lazy("Taipei"),
    "Asia/Tokyo": gettext_lazy("Tokyo"),
    "Asia/Seoul": gettext_lazy("Seoul"),
    "Asia/Singapore": gettext_lazy("Singapore"),
    "Asia/Bangkok": gettext_lazy("Bangkok"),
    "Asia/Ho_Chi_Minh": gettext_lazy("Ho Chi Minh City"),
    "Asia/Jakarta": gettext_lazy("Jakarta"),
    "Asia/Kolkata": gettext_lazy("Mumbai, Delhi"),
    "Asia/Dubai": gettext_lazy("Dubai"),
    "Asia/Almaty": gettext_lazy("Almaty"),
    "Europe/Moscow": gettext_lazy("Moscow"),
    "Europe/Istanbul": gettext_lazy("Istanbul"),
    "Europe/Berlin": gettext_lazy("Berlin, Paris"),
    "Europe/London": gettext_lazy("London"),
    "Africa/Cairo": gettext_lazy("Cairo"),
    "Africa/Lagos": gettext_lazy("Lagos"),
    "Africa/Johannesburg": gettext_lazy("Johannesburg"),
    "America/Sao_Paulo": gettext_lazy("São Paulo"),
    "America/New_York": gettext_lazy("New York"),
    "America/Chicago": gettext_lazy("Chicago"),
    "America/Los_Angeles": gettext_lazy("Los Angeles"),
    "Australia/Sydney": gettext_lazy("Sydney"),
}
LETTERS_SHOWN = 20
HALF_HOUR = 30


@signed_in
@require_http_methods(["GET", "POST"])
def own_page(request: HttpRequest) -> HttpResponse:
    user = own_user(request)
    if request.method == "POST":
        if "forget" in request.POST:
            forget_wishes(user.pk)
            messages.success(request, _("The company's choice holds for you again."))
        else:
            keep_wishes(user.pk, _chosen(request, for_company=False))
            messages.success(request, _("Saved."))
        return go(request, "/settings/notices/")
    wishes = wishes_of([user.pk])[user.pk]
    dead = DeadAddress.objects.filter(user=user, address=user.email).first()
    context = {
        **_shown(wishes),
        "is_own": wishes.is_own,
        "lead": _("Choose for each kind whether it appears at the bell and whether it is mailed."),
        "mail_note": _mail_note(user, dead),
    }
    return _page(request, "own", _("My notices"), context)


@administrators_only
@require_http_methods(["GET", "POST"])
def company_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        if "trial" in request.POST:
            _send_trial(request)
        else:
            keep_wishes(None, _chosen(request, for_company=True))
            messages.success(request, _("Saved."))
        return go(request, "/settings/company-notices/")
    letters = Letter.objects.filter(state__in=(Letter.State.FAILED, Letter.State.UNCLEAR))
    context = {
        **_shown(company_wishes()),
        "lead": _("Holds for everybody who has made no choice of their own."),
        "mail_leaves": mail_leaves(),
        "sender": settings.DEFAULT_FROM_EMAIL,
        "site": settings.KEQIAO_SITE,
        "own_address": own_user(request).email,
        "letters": [
            {
                "name": letter.user.name,
                "address": letter.address or letter.user.email,
                "state": letter.get_state_display(),
                "problem": letter.problem,
                "at": letter.ended_at,
            }
            for letter in letters.select_related("user").order_by("-pk")[:LETTERS_SHOWN]
        ],
    }
    return _page(request, "company", _("Notices and mail"), context)


def _page(
    request: HttpRequest, template: str, heading: str, context: dict[str, Any]
) -> HttpResponse:
    everything = {**context, "heading": heading, "page_title": heading}
    return render(request, f"notifications/{template}.html", everything)


def _mail_note(user: User, dead: DeadAddress | None) -> str:
    if not mail_leaves():
        return _("No mail server is set up here, so no mail reaches you yet.")
    if not user.email:
        return _("There is no mail address of yours here. Ask an administrator to add it.")
    if dead is not None:
        return _(
            "Mails to %(address)s came back, so no more are sent there. Ask an administrator to"
            " correct the address."
        ) % {"address": user.email}
    return ""


# --- what was chosen -------------------------------------------------------------------------------


def _chosen(request: HttpRequest, *, for_company: bool) -> Wishes:
    """Read the form; whatever it does not offer is left at what holds now."""
    given = request.POST
    access = access_of(request)
    before = (
        company_wishes() if for_company else wishes_of([access.user_id or 0])[access.user_id or 0]
    )
    channels = {}
    for kind in notice_kinds():
        chosen = [Channel.APP] if f"app-{kind.key}" in given else []
        if given.get(f"mail-{kind.key}") in {Channel.MAIL, Channel.DIGEST}:
            chosen.append(Channel(given[f"mail-{kind.key}"]))
        channels[kind.key] = [str(one) for one in chosen]
    hour = whole_number(given.get("digest_hour", ""))
    zone = given.get("time_zone", "")
    quiet = (_minutes(given.get("quiet_from", "")), _minutes(given.get("quiet_to", "")))
    is_quiet = given.get("quiet") == "on" and None not in quiet
    return Wishes(
        own={} if for_company else channels,
        company=channels if for_company else {},
        digest_hour=hour if hour is not None and hour < 24 else before.digest_hour,
        quiet_from=quiet[0] if is_quiet else None,
        quiet_to=quiet[1] if is_quiet else None,
        time_zone=zone if zone in {"", *ZONES} else before.time_zone,
    )


def _minutes(text: str) -> int | None:
    number = whole_number(text)
    return number if number is not None and number < MINUTES_A_DAY else None


def _shown(wishes: Wishes) -> dict[str, Any]:
    rows = [
        {
            "key": kind.key,
            "label": kind.label,
            "icon": kind.icon,
            "group": str(kind.group),
            "app": Channel.APP in channels,
            "mail": next(
                (str(one) for one in (Channel.MAIL, Channel.DIGEST) if one in channels), ""
            ),
        }
        for kind in notice_kinds()
        for channels in [wishes.channels(kind)]
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row["group"]), []).append(row)
    times = [
        (minute, f"{minute // 60:02}:{minute % 60:02}")
        for minute in range(0, MINUTES_A_DAY, HALF_HOUR)
    ]
    own_zone = timezone.get_default_timezone_name()
    return {
        "groups": list(groups.items()),
        "mails": [("", _("No mail")), ("mail", _("At once")), ("digest", _("In the daily mail"))],
        "hours": [(hour, f"{hour:02}:00") for hour in range(24)],
        "times": times,
        "wishes": wishes,
        "is_quiet": wishes.quiet_from is not None,
        "quiet_from": 22 * 60 if wishes.quiet_from is None else wishes.quiet_from,
        "quiet_to": 7 * 60 if wishes.quiet_to is None else wishes.quiet_to,
        "zones": [
            ("", _("As the product: %(zone)s") % {"zone": ZONES.get(own_zone, own_zone)}),
            *map(_zone, ZONES),
        ],
    }


def _zone(name: str) -> tuple[str, str]:
    offset = now().astimezone(ZoneInfo(name)).strftime("%z")
    return name, f"{ZONES[name]} (UTC{offset[:3]}:{offset[3:]})"


def _send_trial(request: HttpRequest) -> None:
    user = own_user(request)
    if not mail_leaves() or not user.email:
        messages.error(request, _("Set up the mail server and give yourself a mail address first."))
        return
    try:
        trial_mail(user).send()
    except (OSError, SMTPException, ValueError) as problem:
        text = _("The mail could not be sent. The server said: %(reason)s")
        messages.error(request, text % {"reason": " ".join(str(problem).split())[:200]})
    else:
        messages.success(
            request, _("A mail is on its way to %(address)s.") % {"address": user.email}
        )
