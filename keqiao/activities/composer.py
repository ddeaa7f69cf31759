"""The follow-up composer: what it offers for a record, and how a follow-up is sent with all of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.activities.composer_models import FollowUpDraft, Phrase, SentFollowUp
from keqiao.activities.settling import due_by_default
from keqiao.activities.verbs import Logged, Next, log_follow_up
from keqiao.automation.working_calendar import next_working_day
from keqiao.base.clock import now, today
from keqiao.base.prepared import ask
from keqiao.catalog.filter import Condition
from keqiao.catalog.object_type import Feature
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Conflict, Draft, DuplicateFound, Held, Rejected, Saved
from keqiao.records.query import ListQuery, RecordNotFound, get_record, run_list
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome, Source

TYPES = ("note", "call", "visit", "email_note")
STAGE_FIELDS = ("stage", "state", "status")
MOST_CONTACTS = 12
KEPT_DRAFT = ("body", "type", "next", "next_day", "next_name", "contacts", "result")
LONGEST_DRAFT = 20_000
NEXT_HOUR = 18
SENT_KEPT, DRAFT_KEPT = timedelta(days=3), timedelta(days=180)


class NothingToFollow(LookupError):
    """Not a record that is followed up, or none this person may see."""


@dataclass(frozen=True)
class Subject:
    """The record a follow-up is about."""

    declared: ObjectType
    record: Any

    @property
    def pointer(self) -> str:
        return f"{self.declared.key}:{self.record.pk}"

    @property
    def url(self) -> str:
        return f"/{self.declared.path}/{self.record.pk}/"


def subject_of(access: Access, about: str) -> Subject:
    """Return the record that `about` ("account:42") names, if it can be followed up by this person."""
    found = pointed_to(about)
    if found is None:
        raise NothingToFollow(about)
    try:
        declared = object_type(found[0])
    except UnknownObject:
        raise NothingToFollow(about) from None
    if Feature.FOLLOW_UP not in declared.features or not access.can(Action.VIEW, declared):
        raise NothingToFollow(about)
    try:
        return Subject(declared, get_record(access, declared, found[1]))
    except RecordNotFound:
        raise NothingToFollow(about) from None


# --- what it offers -------------------------------------------------------------------------------


def offered_types(access: Access) -> list[ObjectType]:
    """Return the ways of following up that this person may note."""
    types = [object_type(key) for key in TYPES]
    return [declared for declared in types if access.can(Action.CREATE, declared)]


def next_choices() -> list[dict[str, str]]:
    """Return the days offered for the next contact; none but today may be a day without work."""
    first = today()
    monday = first + timedelta(days=7 - first.weekday())
    days = (
        ("tomorrow", _("Tomorrow"), first + timedelta(days=1)),
        ("three", _("In 3 days"), first + timedelta(days=3)),
        ("monday", _("Next Monday"), monday),
    )
    later = [
        {"key": key, "label": label, "day": next_working_day(day - timedelta(days=1)).isoformat()}
        for key, label, day in days
    ]
    return [{"key": "today", "label": _("Today"), "day": first.isoformat()}, *later]


def stage_field(access: Access, declared: ObjectType) -> Field | None:
    """Return the field a follow-up may move on (a lead's state), if this person may write it."""
    mask = access.fields(declared)
    for name in STAGE_FIELDS:
        found = declared.builtin_fields.get(name)
        if found is not None and found.kind.key == "choice" and mask.is_writable(name):
            return None if found.read_only else found
    return None


def offered_contacts(access: Access, subject: Subject) -> list[dict[str, Any]]:
    """Return people to have spoken to: those of the customer, with their first telephone number."""
    contact = object_type("contact")
    account = subject.record.pk if subject.declared.key == "account" else None
    if account is None:
        account = getattr(subject.record, "account_id", None)
    if account is None or not access.can(Action.VIEW, contact):
        return []
    mask = access.fields(contact)
    if not mask.is_readable("account"):
        return []
    names = ("phone", "phones", "mobile")
    shown = tuple(name for name in names if name in contact.builtin_fields and mask[name] > 0)
    page = run_list(
        access,
        ListQuery(
            object_type=contact,
            columns=(contact.title, *shown[:1]),
            filter=Condition("account", "equals", account),
            limit=MOST_CONTACTS,
            count=False,
        ),
    )
    return [
        {
            "id": row.id,
            "name": row.title,
            "phone": row.cells[shown[0]].text if shown else "",
            "call": _number(row.cells[shown[0]].value) if shown else "",
        }
        for row in page.rows
    ]


def _number(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return str(first or "")


def phrases(access: Access) -> list[Phrase]:
    """Return own phrases, then the company's."""
    own = Phrase.objects.filter(user_id=access.user_id or 0) | Phrase.objects.filter(user=None)
    found = own.order_by("position", "id")[:200]
    return sorted(found, key=lambda one: one.user_id is None)


def new_key() -> str:
    return secrets.token_urlsafe(12)


# --- unfinished texts -----------------------------------------------------------------------------


def read_draft(access: Access, about: str) -> dict[str, Any]:
    found = ask("draft", [access.user_id or 0, about], _draft)
    return found[0].data if found else {}


def _draft(marks: Sequence[Any]) -> QuerySet[FollowUpDraft]:
    return FollowUpDraft.objects.filter(user_id=marks[0], about=marks[1])


def keep_draft(access: Access, about: str, key: str, data: dict[str, Any]) -> None:
    """Keep what is typed; nothing is kept of a text that was sent meanwhile."""
    kept = {name: data[name] for name in KEPT_DRAFT if data.get(name)}
    text = str(kept.get("body", ""))
    if not text.strip():
        drop_draft(access, about)
        return
    kept["body"] = text[:LONGEST_DRAFT]
    if SentFollowUp.objects.filter(user_id=access.user_id or 0, key=key).exists():
        return
    FollowUpDraft.objects.update_or_create(
        user_id=access.user_id or 0, about=about, defaults={"data": kept, "saved_at": now()}
    )


def drop_draft(access: Access, about: str) -> None:
    FollowUpDraft.objects.filter(user_id=access.user_id or 0, about=about).delete()


def forget_old() -> int:
    """Forget what was sent days ago, and drafts nobody has touched for months."""
    sent = SentFollowUp.objects.filter(at__lt=now() - SENT_KEPT).delete()[0]
    return sent + FollowUpDraft.objects.filter(saved_at__lt=now() - DRAFT_KEPT).delete()[0]


# --- sending --------------------------------------------------------------------------------------


@dataclass
class FollowUp:
    """What somebody wants to have noted, as the form sent it."""

    type: str
    body: str
    key: str
    contacts: list[int] = field(default_factory=list)
    next_at: datetime | None = None
    next_name: str = ""
    stage: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    files: Sequence[UploadedFile] = ()

    @property
    def digest(self) -> str:
        return sha256(f"{self.type}\n{self.body}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class FileKeeper:
    """Who keeps the photos and recordings sent with a follow-up.

    `store` is called before anything is saved, so that no large file holds others up; it returns
    what `note` needs and what is wrong. `note` returns what is wrong.
    """

    store: Callable[[Access, Sequence[UploadedFile]], tuple[list[Any], list[str]]]
    note: Callable[[Access, str, list[Any], Source], list[str]]


_keepers: list[FileKeeper] = []


def files_by(keeper: FileKeeper) -> FileKeeper:
    _keepers[:] = [keeper]
    return keeper


class _Undone(Exception):
    """Something of a follow-up could not be saved, so nothing of it is."""


def send(access: Access, subject: Subject, given: FollowUp, source: Source) -> list[str]:
    """Save the follow-up with next step, stage and files, all or nothing; return what is wrong.

    The same text sent again under the same key is done already.
    """
    if not given.body.strip() and not given.files:
        return [_("Please write what happened. One line is enough.")]
    stored: list[Any] = []
    if given.files and _keepers:
        stored, problems = _keepers[0].store(access, given.files)
        if problems:
            return problems
    try:
        with transaction.atomic():
            if not _is_first(access, given):
                return []
            _send(access, subject, given, stored, source)
            drop_draft(access, subject.pointer)
    except _Undone as found:
        return list(found.args)
    return []


def _is_first(access: Access, given: FollowUp) -> bool:
    if not given.key:
        return True
    try:
        with transaction.atomic():
            SentFollowUp.objects.create(
                user_id=access.user_id or 0, key=given.key[:40], digest=given.digest, at=now()
            )
    except IntegrityError:
        return False
    return True


def _send(
    access: Access, subject: Subject, given: FollowUp, stored: list[Any], source: Source
) -> None:
    step = None
    if given.next_at is not None:
        step = Next(at=given.next_at, name=given.next_name or _("Follow up again"))
    logged = log_follow_up(
        access,
        subject.pointer,
        type=given.type,
        body=given.body or _("Photo"),
        contacts=given.contacts,
        values=given.values,
        next=step,
        source=source,
    )
    if problem := _problem(logged):
        raise _Undone(problem)
    if given.stage is not None and (declared := stage_field(access, subject.declared)):
        draft = Draft({declared.name: given.stage or None}, record_id=subject.record.pk)
        [outcome] = save_records(access, subject.declared, [draft], source=source)
        if problem := problem_of(outcome):
            raise _Undone(problem)
    if stored and isinstance(logged.outcome, Saved):
        about = f"{given.type}:{logged.outcome.record_id}"
        if problems := _keepers[0].note(access, about, stored, source):
            raise _Undone(*problems)


def _problem(logged: Logged) -> str:
    if logged.is_saved:
        return ""
    # When the next step was refused, the follow-up was taken back with it: the step's words matter.
    if logged.following is not None and not isinstance(logged.following, Saved):
        return problem_of(logged.following)
    return problem_of(logged.outcome)


def problem_of(outcome: Outcome) -> str:
    """Return what hinders a save in words, empty when nothing does."""
    match outcome:
        case Saved():
            return ""
        case Rejected():
            return " ".join(str(problem.message) for problem in outcome.problems)
        case Conflict():
            by = outcome.fields[0].by if outcome.fields else _("Somebody")
            text = _("%(person)s has changed this in the meantime. Please look at it again.")
            return text % {"person": by}
        case Held():
            return _("This change needs a review first. Please make it on the record's form.")
        case DuplicateFound():
            return _("There is such a record already. Please open the record and save it there.")


def next_moment(choice: str, day: str) -> datetime | None:
    """Return when the next contact is due: the end of the chosen day's work; ValueError: no day."""
    if choice == "day" or (not choice and day):
        if not day:
            return None
        wanted = datetime.strptime(day, "%Y-%m-%d").date()
    else:
        days = {one["key"]: one["day"] for one in next_choices()}
        if choice not in days:
            return None
        wanted = datetime.strptime(days[choice], "%Y-%m-%d").date()
    if wanted == today():
        return due_by_default(now())
    return timezone.make_aware(datetime(wanted.year, wanted.month, wanted.day, NEXT_HOUR))
