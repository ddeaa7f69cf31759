"""The floor: what a bare Django view costs here, so that a noisy machine cancels out of the ratio.

Session, user look-up, one indexed query of 50 rows, 50 x 6 cells: by a plain template (`/floor/`),
and by joined strings (`/joined/`), the least that any page can cost. Served only by `keqiao bench`,
under settings of its own; the product has no such address.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path
from django.utils.html import escape

from keqiao.access.models import User
from keqiao.customers.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

COLUMNS = ("name", "level", "region", "phone", "industry", "updated_at")
PAGE = (
    "<!doctype html><title>Floor</title><p>{{ user.name }}</p><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
template: list[Template] = []


def timing(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = get_response(request)
        response["Server-Timing"] = f"total;dur={(time.perf_counter() - start) * 1000:.2f}"
        return response

    return middleware


class PlainBackend(ModelBackend):
    """Reads the user as Django does, without what the product does to be quicker."""

    def get_user(self, user_id: int) -> User | None:
        return User.objects.all().filter(pk=user_id).get()


def rows() -> list[tuple[Any, ...]]:
    newest = Account._default_manager.filter(deleted_at__isnull=True)
    return list(newest.order_by("-updated_at", "-id").values_list(*COLUMNS)[:50])


def floor(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    if not template:
        template.append(Template(PAGE))
    return HttpResponse(template[0].render(Context({"user": request.user, "rows": rows()})))


def joined(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    cells = (
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows()
    )
    page = f"<!doctype html><title>Floor</title><p>{request.user.pk}</p><table>{''.join(cells)}"
    return HttpResponse(page + "</table>")


urlpatterns = [path("floor/", floor), path("joined/", joined)]
