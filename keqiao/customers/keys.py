"""The letters under which customers, contacts and leads are reached."""

from __future__ import annotations

from keqiao.ui.object_keys import register_object_keys


def register() -> None:
    register_object_keys("account", go="c", prefix="#")
    register_object_keys("contact", go="p", prefix="@")
    register_object_keys("lead", go="l")
