"""Registers the start-up checks of an installation with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "keqiao.config"
    label = "config"

    def ready(self) -> None:
        from keqiao.base.rotation import register_sealed
        from keqiao.config import checks  # noqa: F401 - importing registers them
        from keqiao.config.file_check import menu
        from keqiao.config.import_errors import source as import_errors
        from keqiao.config.two_factor import sealed_secrets

        register_sealed(sealed_secrets)
        menu.register()
        import_errors.register()
