"""Registers the activities package with Django and keeps the timeline in step with the records."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "keqiao.activities"
    label = "activities"

    def ready(self) -> None:
        # Importing the module registers its derivation with the write path.
        import_module("keqiao.activities.deriving")
        import_module("keqiao.activities.guards")
        import_module("keqiao.activities.handing")
        import_module("keqiao.activities.follow_menu")
        import_module("keqiao.activities.attachment_pages")
        import_module("keqiao.activities.mentioning")
        import_module("keqiao.activities.remarks")
        import_module("keqiao.activities.day_menu")
        import_module("keqiao.activities.verifying")
        import_module("keqiao.activities.home_day").register()

        from keqiao.activities.models import Escalation, FollowUpDraft
        from keqiao.records.merging_attached import AttachedRows, register_attached

        register_attached(AttachedRows(FollowUpDraft, once=("user_id",), pointed_by="about"))
        register_attached(AttachedRows(Escalation, once=("object_key",)))
