"""Makes, finds and revokes the links by which customers are asked for what is missing."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.kinds.links import is_link
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.customer_form.models import CustomerForm
from keqiao.quality.review.known import asked_by
from keqiao.quality.rule_form import enterable_fields
from keqiao.records.audit import write_note
from keqiao.records.query import RecordNotFound, get_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source

LONGEST_DAYS, USUAL_DAYS = 30, 7
MOST_FIELDS = 20
LONGEST_ADDRESS = 200
# Kinds an outsider can answer with the keyboard alone. Not among them: choices, for how we sort our
# customers is not theirs to see, and long texts, which are our own remarks.
ASKABLE = frozenset(
    {
        "text", "person_name", "company_name", "address", "phone", "email", "url", "date", "region",
        "uscc", "postcode",
    }
)  # fmt: skip
_SIGNER = Signer(salt="keqiao.customer-form")


def askable_fields(access: Access, declared: ObjectType) -> dict[str, Field]:
    """Return the fields this person may ask a customer for: those he reads and writes in clear."""
    mask = access.fields(declared)
    return {
        name: own
        for name, own in enterable_fields(declared).items()
        if own.kind.key in ASKABLE
        and not own.kind.many
        and not own.kind.encrypted
        and not is_link(own)
        and own.sensitivity is not Sensitivity.SECRET
        and mask.is_readable(name)
        and mask.is_writable(name)
    }


def may_ask(access: Access, declared: ObjectType) -> bool:
    return (
        access.user_id is not None
        and access.can(Action.CHANGE, declared)
        and bool(askable_fields(access, declared))
    )


def make_form(
    access: Access,
    declared: ObjectType,
    record: Model,
    fields: Sequence[str],
    *,
    days: int,
    shows_values: bool,
    source: Source,
) -> tuple[CustomerForm, str]:
    """Return the new form and its signed secret, which is told this once and kept nowhere."""
    at, secret = now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        form = CustomerForm.objects.create(
            object_key=declared.key,
            record_id=record.pk,
            fields=list(fields),
            shows_values=shows_values,
            digest=_digest(secret),
            made_by_id=access.user_id or 0,
            made_by_name=access.actor.name[:160],
            made_at=at,
            expires_at=at + timedelta(days=days),
        )
        asked_by(form.made_by_id)
        _log(access, declared, form, "asked", source)
    return form, _SIGNER.sign(f"{form.pk}-{secret}")


def revoke(access: Access, declared: ObjectType, form: CustomerForm, source: Source) -> bool:
    """Close an open form; False when it was answered or closed already."""
    with transaction.atomic():
        open_ones = CustomerForm.objects.filter(pk=form.pk, answered_at=None, revoked_at=None)
        done = bool(open_ones.update(revoked_at=now()))
        if done:
            _log(access, declared, form, "closed", source)
    return done


def _log(
    access: Access, declared: ObjectType, form: CustomerForm, what: str, source: Source
) -> None:
    write_note(
        access, declared, "form_link", source, now(), record_id=form.record_id,
        after={"customer_form": form.pk, "what": what, "asked_for": form.fields},
    )  # fmt: skip


def form_at(token: str, *, lock: bool = False) -> CustomerForm | None:
    """Return the open form of an address; None for whatever is not one, for any reason alike."""
    if len(token) > LONGEST_ADDRESS:
        return None
    try:
        # Before the database is asked: whoever guesses addresses costs nothing.
        number, _dash, secret = _SIGNER.unsign(token).partition("-")
    except BadSignature:
        return None
    rows = CustomerForm.objects.filter(
        pk=int(number), answered_at=None, revoked_at=None, expires_at__gt=now()
    )
    form = (rows.select_for_update() if lock else rows).first()
    if form is None or not compare_digest(form.digest, _digest(secret)):
        return None
    return form


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def asker_of(form: CustomerForm) -> Access | None:
    """Return the rights of whoever sent the form, as they are now; None when he left."""
    user = User.objects.filter(pk=form.made_by_id, is_active=True).first()
    return Access.for_user(user) if user else None


def asked_of(form: CustomerForm) -> tuple[Access, ObjectType, Any, dict[str, Field]] | None:
    """Return by whom, about which record and for what a form asks; None when nothing of it is left.

    A right that was taken from the sender since takes the field off the form.
    """
    access = asker_of(form)
    if access is None:
        return None
    try:
        declared = object_type(form.object_key)
        record = get_record(access, declared, form.record_id, Action.CHANGE)
    except (UnknownObject, RecordNotFound):
        return None
    may = askable_fields(access, declared)
    fields = {name: may[name] for name in form.fields if name in may}
    return (access, declared, record, fields) if fields else None


def state_words(form: CustomerForm) -> tuple[str | Promise, str]:
    """Return what became of a form in words, and the tone of its tag."""
    if form.answered_at:
        return _("answered"), "jade"
    if form.revoked_at:
        return _("revoked"), ""
    if form.expires_at <= now():
        return _("expired"), ""
    return _("waits for the customer"), "amber"
