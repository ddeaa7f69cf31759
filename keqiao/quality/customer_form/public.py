"""The customer's own page: no sign-in, no script, and nothing on it but what he was asked for."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.base.rate import asked
from keqiao.quality.customer_form.answering import LONGEST, take_answer
from keqiao.quality.customer_form.links import asked_of, form_at
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from keqiao.catalog.field import Field
    from keqiao.quality.customer_form.models import CustomerForm

A_MINUTE = 30  # what one address may ask for: a customer needs three
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {"phone": "tel", "email": "email", "url": "url", "date": "date"}
FILLED_BY_BROWSER = {
    "phone": "tel", "email": "email", "person_name": "name", "company_name": "organization",
    "address": "street-address",
}  # fmt: skip


def outsiders(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Count what an address asks for, and let nothing of the page be kept, framed or passed on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        used, left = asked(f"customer-form:{request.META.get('REMOTE_ADDR', '')}", 60)
        if used > A_MINUTE:
            response = _page(request, "too_often", status=429)
            response["Retry-After"] = str(left)
        else:
            response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "same-origin"  # without any, the answer is refused as foreign
        response["X-Robots-Tag"] = "noindex, nofollow"
        patch_cache_control(response, private=True, no_store=True)
        return response

    return guarded


@outsiders
@require_http_methods(["GET", "POST"])
def form_page(request: HttpRequest, token: str) -> HttpResponse:
    form = form_at(token)
    found = asked_of(form) if form else None
    if form is None or found is None:
        return _page(request, "gone", status=404)
    _access, _declared, record, fields = found
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").replace("\x00", "") for name in fields}
        taken = take_answer(token, given)
        if taken is None:
            return _page(request, "gone", status=404)
        if taken.is_taken:
            return redirect("/f/thanks/")
        problems = taken.problems
    lines = [
        _line(form, record, own, request, problems.get(name, [])) for name, own in fields.items()
    ]
    context = {"fields": lines, "problems": problems.get("", []), "who": form.made_by_name}
    return _page(request, "form", context, 422 if problems else 200)


@outsiders
@require_GET
def thanks_page(request: HttpRequest) -> HttpResponse:
    return _page(request, "thanks")


def _line(
    form: CustomerForm, record: Any, own: Field, request: HttpRequest, problems: list[str]
) -> dict[str, Any]:
    value = own.value(record)
    typed = request.POST.get(own.name, "").replace("\x00", "")[:LONGEST]
    is_shown = form.shows_values and not own.kind.is_empty(value)
    return {
        "name": own.name,
        "label": sentence(own.label),
        "now": str(own.kind.mask(value, own)) if is_shown else "",
        "typed": typed,
        "type": TYPES.get(own.kind.key, "text"),
        "fills": FILLED_BY_BROWSER.get(own.kind.key, "off"),
        "most": LONGEST,
        "problems": problems,
    }


def _page(
    request: HttpRequest, what: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    titles = {
        "form": _("Please check your details"),
        "thanks": _("Thank you"),
        "gone": _("This link is not valid"),
        "too_often": _("Please wait a minute"),
    }
    shown = {"what": what, "title": titles[what], **(context or {})}
    return render(request, "quality/customer_form/public.html", shown, status=status)
