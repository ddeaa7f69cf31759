"""Django's own management commands, for developers; users have the `keqiao` command."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keqiao.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
