"""Remembers with each session from which device it was opened, so that people know their own."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from keqiao.base.clock import now

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@receiver(user_logged_in, dispatch_uid="keqiao.ui.session_marks")
def mark_session(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    """Note browser, address and time of a sign-in in the session itself (it ends with it)."""
    if request is None or not hasattr(request, "session"):
        return
    request.session["device"] = device_name(request.headers.get("User-Agent", ""))
    request.session["address"] = str(request.META.get("REMOTE_ADDR", ""))[:45]
    request.session["signed_in"] = timezone.localtime(now()).strftime("%Y-%m-%d %H:%M")


def device_name(agent: str) -> str:
    """Return "Chrome · Windows" for a browser's long name of itself."""
    parts = [_first(BROWSERS, agent), _first(SYSTEMS, agent)]
    named = " · ".join(part for part in parts if part)
    return named or re.sub(r"[^\w ./-]", "", agent)[:40]


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in known if mark in agent), "")
