"""The product's settings with nothing between server and view but session and user."""

from __future__ import annotations

from keqiao.config import settings as product
from keqiao.config.settings import *  # noqa: F403

# Without signing in, so without the package that teaches it our ways.
LEFT_OUT = ("allauth", "axes", "keqiao.config")
INSTALLED_APPS = [app for app in product.INSTALLED_APPS if not app.startswith(LEFT_OUT)]
MIDDLEWARE = [
    "keqiao.config.benchmark.floor.timing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
AUTHENTICATION_BACKENDS = ["keqiao.config.benchmark.floor.PlainBackend"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
ROOT_URLCONF = "keqiao.config.benchmark.floor"
