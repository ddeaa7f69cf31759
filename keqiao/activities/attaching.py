"""Takes files in: checks kind, size and room, stores the bytes, and notes each as a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.activities.attachment import ATTACHMENT, Received, receiving
from keqiao.activities.composer import FileKeeper, files_by, problem_of
from keqiao.activities.file_store import TooLarge, keep
from keqiao.activities.file_types import HEAD_BYTES, TYPES, FileType, safe_name, type_of
from keqiao.activities.previews import can_show_heic
from keqiao.records.drafts import Draft
from keqiao.records.query import records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.uploadedfile import UploadedFile

    from keqiao.records.drafts import Source
    from keqiao.records.present import Row

MOST_AT_ONCE = 20
_TOO_LARGE = gettext_lazy(
    "“%(name)s” is larger than %(limit)s. Please send a smaller one or a link."
)
_SYSTEM = Access.system("room for files")


class Stored(NamedTuple):
    """A file that lies in the store and is not noted yet."""

    name: str
    file: Received


def attach(access: Access, about: str, files: Sequence[UploadedFile], source: Source) -> list[str]:
    """Attach files to the record or follow-up `about`; return what is wrong, one line a file."""
    stored, problems = store(access, files)
    return [*problems, *note(access, about, stored, source)]


def store(access: Access, files: Sequence[UploadedFile]) -> tuple[list[Stored], list[str]]:
    """Check and store files; return them, and what is wrong with the others."""
    if not access.can(Action.CREATE, ATTACHMENT):
        return [], [_("You may not attach files. Please ask an administrator.")]
    if len(files) > MOST_AT_ONCE:
        return [], [_("At most %(count)s files at once.") % {"count": MOST_AT_ONCE}]
    stored: list[Stored] = []
    problems: list[str] = []
    for file in files:
        found = _store(access, file, sum(one.file.size for one in stored))
        if isinstance(found, str):
            problems.append(found)
        else:
            stored.append(found)
    return stored, problems


def note(access: Access, about: str, stored: Sequence[Stored], source: Source) -> list[str]:
    """Make the records of stored files; return what is wrong."""
    problems: list[str] = []
    for one in stored:
        draft = Draft({"name": one.name, "about": about})
        with receiving(one.file):
            [outcome] = save_records(access, ATTACHMENT, [draft], source=source)
        if problem := problem_of(outcome):
            problems.append(problem)
    return problems


files_by(FileKeeper(store, note))


def size_words() -> dict[str, Any]:
    """Return what a page needs to refuse a file before it is sent."""
    limit = settings.KEQIAO_ATTACHMENT_LIMIT
    given = {"name": "{name}", "limit": filesizeformat(limit)}
    return {"most_bytes": limit, "too_large": _TOO_LARGE % given}


def _store(access: Access, file: UploadedFile, before: int) -> Stored | str:
    limit = settings.KEQIAO_ATTACHMENT_LIMIT
    name = file.name or ""
    too_large = _TOO_LARGE % {"name": name[:80], "limit": filesizeformat(limit)}
    if (file.size or 0) > limit:
        return too_large
    if problem := _no_room(access, before + (file.size or 0)):
        return problem
    kind = type_of(file.read(HEAD_BYTES), name)
    if kind is None:
        text = _(
            "“%(name)s” is not a kind of file that is taken. Pictures, PDF, Office files, text,"
            " recordings, videos and ZIP are."
        )
        return text % {"name": name[:80]}
    file.seek(0)
    try:
        digest, size = keep(file.chunks(), limit)
    except TooLarge:
        return too_large
    return Stored(safe_name(name, kind), Received(digest, size, kind.media_type))


def _no_room(access: Access, size: int) -> str:
    rows = records(_SYSTEM, ATTACHMENT).order_by()
    for found, quota, text in (
        (
            rows.filter(owner_id=access.user_id), settings.KEQIAO_ATTACHMENT_QUOTA_PERSON,
            _("Your files take up all of your %(quota)s. Please remove some first."),
        ),
        (
            rows, settings.KEQIAO_ATTACHMENT_QUOTA,
            _("The company's room of %(quota)s for files is used up. Please tell an administrator."),
        ),
    ):  # fmt: skip
        if (found.aggregate(total=Sum("size"))["total"] or 0) + size > quota:
            return text % {"quota": filesizeformat(quota)}
    return ""


def file_facts(row: Row) -> dict[str, Any]:
    """Return a file as pages show it."""
    cells = row.cells
    kind: FileType | None = TYPES.get(str(cells["media_type"].value))
    size = cells["size"].value
    url = f"/attachments/{row.id}/"
    is_heic = kind is not None and kind.media_type == "image/heic"
    has_preview = kind is not None and kind.is_image and (can_show_heic or not is_heic)
    return {
        "id": row.id,
        "name": row.title,
        "size": filesizeformat(size) if size else "",
        "icon": kind.icon if kind else "file",
        # No browser shows HEIC; the large preview of it, every one does.
        "url": f"{url}preview/?size=l" if is_heic and has_preview else f"{url}file/",
        "download_url": f"{url}file/?download=1",
        "page_url": url,
        "preview_url": f"{url}preview/" if has_preview else "",
        "is_audio": kind is not None and kind.media_type.startswith("audio/") and kind.is_inline,
        "has_file": bool(kind),
        "note": _("This server cannot show HEIC photos. The original is kept: download it.")
        if is_heic and not has_preview
        else "",
    }
