"""Small pictures of photos: turned upright, without place and camera data, made once and kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from PIL import Image, ImageOps

from keqiao.activities.file_store import folder, path_of

log = structlog.get_logger("keqiao.previews")

SIZES = {"s": 160, "l": 1600}
MOST_PIXELS = 120_000_000
_FORMATS: tuple[str, ...] = ("JPEG", "PNG", "GIF", "WEBP")

try:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    _FORMATS = (*_FORMATS, "HEIF")
except ImportError:
    log.debug("heic_without_preview")

can_show_heic = "HEIF" in _FORMATS


def preview(digest: str, size: str) -> Path | None:
    """Return the file of a preview, made now if need be; None when no picture can be made of it."""
    place = folder("previews") / digest[:2]
    target = place / f"{digest}-{size}.webp"
    if target.is_file():
        return target
    try:
        with Image.open(path_of(digest), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            edge = SIZES[size]
            picture.draft("RGB", (edge * 2, edge * 2))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((edge, edge))
            shown = upright.convert("RGBA" if "A" in upright.getbands() else "RGB")
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix="new-", dir=place)
            with os.fdopen(number, "wb") as file:
                shown.save(file, "WEBP", quality=78, method=2, exif=b"", icc_profile=None)
            Path(name).replace(target)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        log.info("no_preview", problem=type(problem).__name__)
        return None
    return target
