"""Draws the product's icons for start screens out of its sign, with the browser the journeys use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

UI = Path(__file__).resolve().parent.parent / "keqiao" / "ui" / "static" / "ui"
TARGET = UI / "icons"
GROUND = "#0b7a66"
# Launchers cut a maskable icon to any shape: all that counts lies in the inner four fifths.
# https://www.w3.org/TR/appmanifest/#icon-masks
SAFE = 0.72
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def draw(page: Page, name: str, size: int, *, filled: bool) -> None:
    """Write one picture; a filled one has no corners of its own and its sign in the safe zone."""
    sign = (UI / "logo.svg").read_text(encoding="utf-8")
    ground, inner = (GROUND, round(size * SAFE)) if filled else ("transparent", size)
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>body{{margin:0;display:grid;place-items:center;width:{size}px;height:{size}px;"
        f"background:{ground}}}svg{{width:{inner}px;height:{inner}px}}</style>{sign}"
    )
    page.screenshot(path=TARGET / f"{name}-{size}.png", omit_background=True)


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page()
        for size in (192, 512):
            draw(page, "any", size, filled=False)
            draw(page, "maskable", size, filled=True)
        draw(page, "touch", 180, filled=True)
        browser.close()
    sys.stdout.write(f"{len(list(TARGET.glob('*.png')))} icons\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
