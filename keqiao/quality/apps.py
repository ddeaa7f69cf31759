"""Registers the data-quality package with Django, and what measures with the write path."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "keqiao.quality"
    label = "quality"

    def ready(self) -> None:
        from keqiao.quality import merge_menu, sealed
        from keqiao.quality.candidates import keeping
        from keqiao.quality.double_entry import menu as double_entry
        from keqiao.quality.duplicates import menu as duplicates
        from keqiao.quality.duplicates import moving
        from keqiao.quality.match_models import menu as match_models
        from keqiao.quality.queue import waiting
        from keqiao.quality.review import holding, menu, telling
        from keqiao.quality.scenarios import hint_page, judging
        from keqiao.quality.scenarios import menu as scenarios

        for part in (
            keeping,
            hint_page,
            scenarios,
            judging,  # before what it sends to review is held
            holding,
            telling,
            menu,
            double_entry,
            match_models,
            waiting,
            sealed,
            merge_menu,
            moving,
            duplicates,
        ):
            part.register()
        import_module("keqiao.quality.duplicates.following")
        from keqiao.quality import merge_trust
        from keqiao.quality.archive import record_parts as archive
        from keqiao.quality.customer_form import pages as customer_form
        from keqiao.quality.review import states

        for own in (states, merge_trust, customer_form, archive):
            own.register()
        import_module("keqiao.quality.double_entry.choosing")  # subscribes to what is saved
        # Importing the module registers its measure with the write path.
        import_module("keqiao.quality.scores.measuring")
        from keqiao.quality.cleaning import menu as cleaning
        from keqiao.quality.profiling import menu as profiles
        from keqiao.quality.schedule import effects
        from keqiao.quality.scores import menu as scores
        from keqiao.quality.standards import entry
        from keqiao.quality.standards import menu as standards

        entry.register()
        standards.register()
        cleaning.register()
        effects.register()
        scores.register()
        profiles.register()
