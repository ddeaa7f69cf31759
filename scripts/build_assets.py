"""Puts the browser parts the product stands on (htmx, icons, tours) into its static folder."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "keqiao" / "ui"
VENDOR = UI / "static" / "vendor"
# A hashing static storage follows these comments and fails on maps that are not shipped.
SOURCE_MAP = re.compile(r"(//[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=.*?\*/)")
INVISIBLE_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
SVG = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


class MissingPart(Exception):
    """A part is not in node_modules, or an icon name does not exist in the icon set."""


def icon_names() -> list[str]:
    """Return the icon names the product uses, one per line of `icons.txt`."""
    lines = (UI / "icons.txt").read_text(encoding="utf-8").splitlines()
    return sorted({line.strip() for line in lines if line.strip()})


def symbol(name: str, icons: Path) -> str:
    """Return one icon as an SVG `<symbol>`; stroke and size are left to the stylesheet."""
    source = icons / f"{name}.svg"
    if not source.is_file():
        msg = f"The icon {name!r} of keqiao/ui/icons.txt is not in @tabler/icons."
        raise MissingPart(msg)
    found = SVG.search(source.read_text(encoding="utf-8"))
    if found is None:
        msg = f"{source.name} is not an SVG picture."
        raise MissingPart(msg)
    body = INVISIBLE_FRAME.sub("", found.group(1))
    body = re.sub(r"\s+", " ", body).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def build_sprite(modules: Path) -> str:
    icons = modules / "@tabler" / "icons" / "icons" / "outline"
    if not icons.is_dir():
        msg = "node_modules/@tabler/icons is missing: run `npm ci --ignore-scripts` first."
        raise MissingPart(msg)
    symbols = "".join(symbol(name, icons) for name in icon_names())
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def copied(modules: Path, package: str, name: str) -> str:
    """Return a file of a package without the comment that points to a map we do not ship."""
    source = modules / package / "dist" / name
    if not source.is_file():
        msg = f"node_modules/{package} is missing: run `npm ci --ignore-scripts` first."
        raise MissingPart(msg)
    return SOURCE_MAP.sub("", source.read_text(encoding="utf-8"))


def build(modules: Path, target: Path) -> dict[str, int]:
    """Write the vendor folder anew and return the size of each file in bytes."""
    parts = {
        "icons.svg": build_sprite(modules),
        "htmx.min.js": copied(modules, "htmx.org", "htmx.min.js"),
        # Named .js: not every server knows .mjs as a script, and browsers insist on the type.
        "driver.js": copied(modules, "driver.js", "driver.js.mjs"),
        "driver.css": copied(modules, "driver.js", "driver.css"),
    }
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for name, text in parts.items():
        (target / name).write_text(text, encoding="utf-8")
    for package in ("@tabler/icons", "htmx.org", "driver.js"):
        for licence in (modules / package / name for name in ("LICENSE", "license")):
            if licence.is_file():
                shutil.copy(licence, target / f"LICENSE.{package.strip('@').replace('/', '-')}.txt")
                break
    return {name: (target / name).stat().st_size for name in parts}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path, default=ROOT / "node_modules")
    parser.add_argument("--target", type=Path, default=VENDOR)
    options = parser.parse_args(arguments)
    try:
        sizes = build(options.modules, options.target)
    except MissingPart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for name, size in sizes.items():
        sys.stdout.write(f"{name} {size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
