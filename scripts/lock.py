"""Resolves the dependencies of pyproject.toml into hashed lock files that name no package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from set_up import BIN, REQUIREMENTS, ROOT, mirror_settings, run

OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--universal",
    "--python-version=3.11",
    "--custom-compile-command=make lock",
)
# What installs the rest: the installer itself and the build back end of the editable install.
BOOTSTRAP = "setuptools>=77\nuv>=0.8\n"


def compile_lock(name: str, source: Path, *extras: str) -> bool:
    options = [*OPTIONS, *(f"--extra={extra}" for extra in extras)]
    target = REQUIREMENTS / f"{name}.txt"
    command = [BIN / "uv", "pip", "compile", *options, source, "-o", target]
    return run(command, env=mirror_settings())


def lock_browser_parts() -> bool:
    options = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved")
    return subprocess.run(["npm", *options], cwd=ROOT, check=False).returncode == 0  # noqa: S603, S607


def main() -> int:
    project = ROOT / "pyproject.toml"
    bootstrap = REQUIREMENTS / "bootstrap.in"
    bootstrap.write_text(BOOTSTRAP, encoding="ascii")
    is_good = (
        compile_lock("bootstrap", bootstrap)
        and compile_lock("run", project)
        and compile_lock("node", project, "node")
        and compile_lock("dev", project, "node", "dev")
        and lock_browser_parts()
    )
    bootstrap.unlink()
    if not is_good:
        sys.stderr.write("The lock files are not complete; the lines above say why.\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
