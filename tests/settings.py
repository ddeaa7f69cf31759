"""Settings of a test run: the product's own, in a throw-away data folder, with cheap passwords."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="keqiao-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["KEQIAO_DATA"] = _folder
os.environ["KEQIAO_BUILT_STATIC"] = "0"
os.environ.setdefault("KEQIAO_LOG_LEVEL", "WARNING")
for _name in ("KEQIAO_HTTPS", "KEQIAO_DEBUG", "KEQIAO_PROXIES", "REDIS_URL"):
    os.environ.pop(_name, None)

from keqiao.config.settings import *  # noqa: E402, F403
from keqiao.config.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A name of its own, so that two runs at once do not drop each other's database.
    DATABASES["default"]["TEST"] = {"NAME": f"test_keqiao_{os.getpid()}"}
else:
    # Nothing here must survive a power cut, and each sync costs milliseconds.
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace(  # type: ignore[index]
        "synchronous=FULL", "synchronous=OFF"
    )

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
