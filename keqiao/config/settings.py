"""All settings in one file; values that differ between installations come from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from keqiao.config import environment as env
from keqiao.config.logs import logging_settings
from keqiao.config.secrets import encryption_keys, secret_key

PACKAGE = Path(__file__).resolve().parent.parent
DATA = env.data_folder()

# --- who this installation is -----------------------------------------------------------------

DEBUG = env.flag("KEQIAO_DEBUG", default=False)
# Behind https: cookies get the __Host- prefix, plain http is redirected, HSTS is sent.
HTTPS = env.flag("KEQIAO_HTTPS", default=False)
# Addresses of reverse proxies whose X-Forwarded-* headers are believed; nobody else's are.
TRUSTED_PROXIES = env.networks("KEQIAO_PROXIES")
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
    "keqiao.notifications",
    "keqiao.quality",
    "keqiao.importing",
    "keqiao.automation",
    "keqiao.customers",
    "keqiao.activities",
    "keqiao.config",
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

MIDDLEWARE = [
    "keqiao.config.middleware.RequestTrace",  # outermost: everything below is timed and traceable
    "keqiao.config.middleware.TrustedProxy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "keqiao.access.middleware.AccessMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as its manual asks
]

ROOT_URLCONF = "keqiao.config.urls"
WSGI_APPLICATION = "keqiao.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # template_partials wraps the cached loader around the app folders by itself.
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "keqiao.ui.context.page",
            ],
        },
    },
]

# --- data ---------------------------------------------------------------------------------------

DATABASES = {"default": env.database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "keqiao.jobs.backend.LeasedBackend", "QUEUES": []}}

# Who compares the pairs of a large list: DuckDB in the worker, or Spark beyond one machine.
KEQIAO_MATCH_ENGINE = env.one_of("KEQIAO_MATCH_ENGINE", ("duckdb", "spark"))

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "keqiao",
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

BUILT_STATIC = Path(env.text("KEQIAO_STATIC") or PACKAGE.parent / "build" / "static")
STATIC_URL = "/static/"
# `make build` compresses and fingerprints the files once; without it they are served as they lie.
_is_built = env.flag("KEQIAO_BUILT_STATIC", default=(BUILT_STATIC / "staticfiles.json").exists())
STATIC_ROOT = BUILT_STATIC if _is_built else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if _is_built
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not _is_built
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA / "files"  # outside every web root: files leave through views that ask for rights
MEDIA_URL = ""
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_TEMP_DIR = str(env.folder(DATA / "uploads"))
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A bulk request of the API is the largest body that is not a file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
KEQIAO_ATTACHMENT_LIMIT = (
    env.number("KEQIAO_ATTACHMENT_LIMIT_MB", 30, low=1, high=1024) * 1024 * 1024
)
KEQIAO_ATTACHMENT_QUOTA = (
    env.number("KEQIAO_ATTACHMENT_QUOTA_GB", 100, low=1, high=100_000) * 1024**3
)
KEQIAO_ATTACHMENT_QUOTA_PERSON = (
    env.number("KEQIAO_ATTACHMENT_QUOTA_PERSON_GB", 10, low=1, high=100_000) * 1024**3
)
KEQIAO_UPLOAD_LIMIT = env.number("KEQIAO_UPLOAD_LIMIT_MB", 200, low=1, high=4096) * 1024 * 1024

# Requests one token (or one signed-in person) may send to the API in a minute.
KEQIAO_API_PER_MINUTE = env.number("KEQIAO_API_PER_MINUTE", 3_000, low=1, high=10_000_000)

# Days for which events stay after every subscriber has read them.
KEQIAO_EVENT_DAYS = env.number("KEQIAO_EVENT_DAYS", 30, low=1, high=3_650)

# --- language and time ----------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = env.zone("KEQIAO_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]

# --- sign-in --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked account's password is not read
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "/auth/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/auth/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation."
# Length and known-bad lists, no composition rules: ASVS 5.0.0 V6.2.1, V6.2.4, V6.2.5.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "keqiao.config.sign_in.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
    {
        "NAME": _VALIDATION + "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
]
PASSWORD_RESET_TIMEOUT = 3600

ACCOUNT_ADAPTER = "keqiao.config.sign_in.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
# A reset link to an address nobody here has would tell a stranger which system stands behind it.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Per address only brakes on spraying: a whole office signs in at nine behind one address. The
# lock of an account is counted below, in the database that all processes share.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "100/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Keqiao"
MFA_ADAPTER = "keqiao.config.two_factor.SealedTwoFactor"
MFA_RECOVERY_CODES_SHOW_ONCE = True

AXES_FAILURE_LIMIT = env.number("KEQIAO_SIGN_IN_TRIES", 8, low=3, high=100)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("KEQIAO_LOCK_MINUTES", 15, low=1, high=1440))
# By account: an office shares one address, and an attacker can have a thousand of them.
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "keqiao.config.sign_in.attempted_account"
AXES_RESET_ON_SUCCESS = True
# Trying on while locked must not keep the owner of the account out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "keqiao.ui.errors.locked_out"

# --- sessions and cookies --------------------------------------------------------------------

# A local cache per process would keep a session alive in one worker after another had ended it.
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cached_db" if REDIS_URL else "keqiao.access.sessions"
)
SESSION_COOKIE_AGE = env.number("KEQIAO_SESSION_HOURS", 12, low=1, high=720) * 3600
SESSION_COOKIE_NAME = "__Host-keqiao_session" if HTTPS else "keqiao_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-keqiao_csrf" if HTTPS else "keqiao_csrf"
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in their body; scripts need no cookie
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "keqiao.ui.errors.csrf_failed"
LANGUAGE_COOKIE_NAME = "__Host-keqiao_language" if HTTPS else "keqiao_language"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- what browsers are told ------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The style sheet carries its small icons (arrows, ticks) as data addresses.
        "img-src": ["'self'", "data:"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # Putting a name on the browsers' preload list is its owner's decision, not a program's.
    "security.W021",
    # The lock counts by account, which no address, cookie or browser name changes.
    "axes.W006",
]

# --- mail and logs -----------------------------------------------------------------------------

EMAIL_HOST = env.text("KEQIAO_SMTP_HOST")
EMAIL_PORT = env.number("KEQIAO_SMTP_PORT", 465, low=1, high=65535)
EMAIL_HOST_USER = env.text("KEQIAO_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("KEQIAO_SMTP_PASSWORD")
EMAIL_USE_SSL = env.flag("KEQIAO_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 20
# Without a server no mail leaves: a developer reads it whole on the console, an installation finds
# it in its log, where no link sets a password.
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
    if DEBUG
    else "keqiao.config.mail_to_log.EmailBackend"
)
# The address people type, for links in mails.
KEQIAO_SITE = env.site("KEQIAO_SITE", ALLOWED_HOSTS, https=HTTPS)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("KEQIAO_MAIL_FROM", "keqiao@localhost")

LOGGING_CONFIG = None  # `logging_settings` has applied them already
LOGGING = logging_settings(
    level=env.text("KEQIAO_LOG_LEVEL", "INFO"), form=env.text("KEQIAO_LOG", "json")
)
