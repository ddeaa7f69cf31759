"""Which files are taken: told by their content, never by what the name or the browser claims."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

HEAD_BYTES = 8192
LONGEST_NAME = 150


@dataclass(frozen=True)
class FileType:
    """A kind of file that is taken: its media type, its endings, and how it is shown."""

    media_type: str
    endings: tuple[str, ...]
    icon: str = "file"
    is_image: bool = False  # a preview can be made
    is_inline: bool = False  # the browser itself may show it


JPEG = FileType("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "photo", True, True)
PNG = FileType("image/png", ("png",), "photo", True, True)
GIF = FileType("image/gif", ("gif",), "photo", True, True)
WEBP = FileType("image/webp", ("webp",), "photo", True, True)
HEIC = FileType("image/heic", ("heic", "heif"), "photo", True)
PDF = FileType("application/pdf", ("pdf",), "file-text", is_inline=True)
_OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = FileType(f"{_OFFICE}wordprocessingml.document", ("docx",), "file-text")
SHEET = FileType(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",), "file-spreadsheet")
SLIDES = FileType(f"{_OFFICE}presentationml.presentation", ("pptx",), "file-text")
OLD_OFFICE = FileType("application/x-ole-storage", ("doc", "xls", "ppt", "wps", "et"), "file-text")
ZIP = FileType("application/zip", ("zip",))
TEXT = FileType("text/plain", ("txt", "csv", "tsv", "log", "md"), "file-text")
MP3 = FileType("audio/mpeg", ("mp3",), "microphone", is_inline=True)
WAV = FileType("audio/wav", ("wav",), "microphone", is_inline=True)
OGG = FileType("audio/ogg", ("ogg", "oga", "opus"), "microphone", is_inline=True)
AMR = FileType("audio/amr", ("amr",), "microphone")
M4A = FileType("audio/mp4", ("m4a", "aac"), "microphone", is_inline=True)
MP4 = FileType("video/mp4", ("mp4", "m4v", "mov"), "player-play", is_inline=True)
WEBM = FileType("video/webm", ("webm",), "microphone", is_inline=True)

TYPES = {
    one.media_type: one
    for one in (
        JPEG, PNG, GIF, WEBP, HEIC, PDF, WORD, SHEET, SLIDES, OLD_OFFICE, ZIP, TEXT, MP3, WAV, OGG,
        AMR, M4A, MP4, WEBM,
    )
}  # fmt: skip
_BEGINNINGS: tuple[tuple[bytes, FileType], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"ID3", MP3),
    (b"OggS", OGG),
    (b"#!AMR", AMR),
    (b"\x1aE\xdf\xa3", WEBM),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_AUDIO_BRANDS = {b"M4A ", b"M4B "}
# Text that a browser would take for a page or a picture with scripts is no plain text.
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|svg|script|\?xml|head|body|iframe)", re.IGNORECASE)


def type_of(head: bytes, name: str) -> FileType | None:
    """Return what a file is by its first bytes; None when it is not taken.

    The ending has to fit: a "picture.html" is refused whatever it holds.
    """
    found = _by_content(head)
    ending = ending_of(name)
    if found is None or (ending and ending not in found.endings):
        return None
    if not ending and found is TEXT:
        return None
    return found


def _by_content(head: bytes) -> FileType | None:
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return HEIC if brand in _HEIC_BRANDS else M4A if brand in _AUDIO_BRANDS else MP4
    if head[:2] == b"PK":
        return _packed(head)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return MP3
    return TEXT if _is_text(head) else None


def _packed(head: bytes) -> FileType:
    for folder, kind in ((b"word/", WORD), (b"xl/", SHEET), (b"ppt/", SLIDES)):
        if b"[Content_Types].xml" in head and folder in head:
            return kind
    return ZIP


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head or _MARKUP.search(head):
        return False
    for encoding in ("utf-8", "gb18030"):
        # The last character may be cut in two.
        for cut in range(4):
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return not any(
                unicodedata.category(one) == "Cc" and one not in "\t\n\r\f" for one in text
            )
    return False


def ending_of(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def safe_name(name: str, kind: FileType) -> str:
    """Return the name as people read it: no path, no invisible or turning characters, its ending."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(one for one in last if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"})
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not (dot and stem):
        stem, ending = kept or "file", kind.endings[0]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}.{ending}"
