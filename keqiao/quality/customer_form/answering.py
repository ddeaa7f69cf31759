"""Takes what a customer sends: never onto the record, always as a change that waits for a colleague."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.notifications.notify import notify
from keqiao.quality.customer_form.links import asked_of, form_at
from keqiao.quality.review.known import CUSTOMER
from keqiao.quality.review.telling import QUEUE, WANTED
from keqiao.records.drafts import Draft, DuplicateFound, Held, Rejected, Saved, Source
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keqiao.access.access import Access
    from keqiao.quality.customer_form.models import CustomerForm
    from keqiao.records.drafts import Outcome

LONGEST = 2_000  # characters of one answer


@dataclass
class Taken:
    """What became of an answer: taken, or what to put right (by field; "" stands for the whole)."""

    is_taken: bool = False
    problems: dict[str, list[str]] = field(default_factory=dict)


class _NotHeld(Exception):
    """Rolls back: something would have been written without a colleague having looked at it."""


def take_answer(token: str, given: Mapping[str, str]) -> Taken | None:
    """Hold what the customer sent for review; None when the form is not open (any more).

    Only the fields of the form are read, whatever else was sent. Of two answers at once one counts.
    """
    try:
        with transaction.atomic():
            form = form_at(token, lock=True)
            asked = asked_of(form) if form else None
            if form is None or asked is None:
                return None
            access, declared, _record, fields = asked
            values = {name: given[name].strip() for name in fields if given.get(name, "").strip()}
            long = [name for name, value in values.items() if len(value) > LONGEST]
            if long:
                message = _("Please write less: at most %(most)s characters.") % {"most": LONGEST}
                return Taken(problems={name: [message] for name in long})
            if not values:
                return Taken(problems={"": [_("Please fill in at least one field.")]})
            draft = Draft(values, record_id=form.record_id, allow_duplicates=True)
            [outcome] = save_records(
                _as_customer(access), declared, [draft], source=Source(CUSTOMER, f"#{form.pk}")
            )
            taken = _taken(outcome, fields)
            if taken is not None and taken.is_taken:
                _close(form, outcome, values)
            return taken
    except _NotHeld:
        return None


def _as_customer(access: Access) -> Access:
    """Return the sender's rights; the log names the customer beside him."""
    with override(
        settings.LANGUAGE_CODE
    ):  # the log speaks the company's language, not the customer's
        name = _("Customer, asked by %(who)s") % {"who": access.actor.name}
    return replace(access, actor=replace(access.actor, name=name[:160]))


def _taken(outcome: Outcome, fields: Mapping[str, Any]) -> Taken | None:
    match outcome:
        case Held() | DuplicateFound():
            # A customer never learns whom we know already; whoever asked him is told.
            return Taken(is_taken=True)
        case Saved(changes=changes) if not changes:
            return Taken(is_taken=True)
        case Saved():
            raise _NotHeld
        case Rejected(problems, missing=False, forbidden=False):
            found: dict[str, list[str]] = {}
            for one in problems:
                is_his = one.field in fields
                message = str(one.message) if is_his else _("This cannot be taken as it stands.")
                found.setdefault(one.field if is_his else "", []).append(message)
            return Taken(problems=found)
    return None


def _close(form: CustomerForm, outcome: Outcome, values: dict[str, str]) -> None:
    form.answered_at = now()
    form.pending_id = outcome.pending_id if isinstance(outcome, Held) else None
    form.unheld = values if isinstance(outcome, DuplicateFound) else None
    form.save(update_fields=["answered_at", "pending_id", "unheld"])
    if isinstance(outcome, Held):
        title = gettext_noop("A customer has answered your form. Please look at the answer.")
        url = QUEUE
    elif isinstance(outcome, DuplicateFound):
        title = gettext_noop(
            "A customer has answered your form with a value that another record holds. Please look at both."
        )
        url = f"/{_path(form)}/{form.record_id}/ask-customer/"
    else:
        title = gettext_noop("A customer has answered your form: everything is as we have it.")
        url = f"/{_path(form)}/{form.record_id}/"
    notify(
        [form.made_by_id], WANTED, title=say(title), url=url, dedup_key=f"customer-form:{form.pk}"
    )


def _path(form: CustomerForm) -> str:
    from keqiao.catalog.registry import object_type

    return object_type(form.object_key).path
