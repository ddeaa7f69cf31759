"""Gives every request its `Access`, built once from who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

from keqiao.access.access import Access
from keqiao.access.refusals import collecting
from keqiao.catalog import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class AccessMiddleware:
    """Reads the shared version numbers afresh: changed rights hold from the next request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        state.forget_versions()
        user = request.user
        request.access = Access.for_user(user) if user.is_authenticated else None  # type: ignore[attr-defined, arg-type]
        try:
            with collecting():
                return self._answer(request)
        finally:
            state.forget_versions()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with translation.override(request.user.language):
            request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)
