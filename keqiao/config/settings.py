"""All settings of an installation in one file; values that differ between installations come from the environment."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from keqiao.config import environment as env
from keqiao.config.secrets import encryption_keys, secret_key

PACKAGE = Path(__file__).resolve().parent.parent
DATA = env.data_folder()

DEBUG = env.flag("KEQIAO_DEBUG", default=False)
SECRET_KEY = secret_key(DATA)
KEQIAO_ENCRYPTION_KEYS = encryption_keys(DATA)
ALLOWED_HOSTS = env.names("KEQIAO_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("KEQIAO_ORIGINS")
KEQIAO_HTTP_ALLOW = env.names("KEQIAO_HTTP_ALLOW")

INSTALLED_APPS = [
    "keqiao.jobs",
    "keqiao.catalog",
    "keqiao.access",
    "keqiao.records",
    "keqiao.ui",
    "keqiao.api",
    "keqiao.importing",
    "keqiao.customers",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "template_partials",
]

DATABASES = {"default": env.database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.User"

USE_TZ = True
TIME_ZONE = env.text("KEQIAO_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]

TASKS = {"default": {"BACKEND": "keqiao.jobs.backend.LeasedBackend", "QUEUES": []}}
