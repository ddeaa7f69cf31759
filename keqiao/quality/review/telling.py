"""Tells reviewers that something waits for them, and makers what became of what they entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.notifications.kinds import TEAM, Channel, NoticeKind, register_notice
from keqiao.notifications.notify import notify
from keqiao.quality.review.known import known
from keqiao.quality.review.models import PendingState

if TYPE_CHECKING:
    from keqiao.quality.review.models import PendingChange, ReviewRule

WANTED, DECIDED = "review_wanted", "review_decided"
QUEUE = "/quality/queue/review/"


def register() -> None:
    register_notice(
        NoticeKind(
            WANTED, _("Entered data waits for my review"), "quality",
            (Channel.APP, Channel.DIGEST), TEAM, "list-check", 22,
        )
    )  # fmt: skip
    register_notice(
        NoticeKind(
            DECIDED, _("What I entered has been reviewed"), "quality",
            (Channel.APP, Channel.DIGEST), TEAM, "circle-check", 24,
        )
    )  # fmt: skip


def tell_reviewers(rule: ReviewRule, maker_id: int | None) -> None:
    """Say once an hour that entries wait: an import of thousands makes one notice, not thousands."""
    reviewers = set(known().people.get(rule.pk, ()))
    if not rule.allows_self:
        reviewers.discard(maker_id or 0)
    if not reviewers:
        administrators = User.objects.filter(is_administrator=True, is_active=True)
        reviewers = set(administrators.values_list("pk", flat=True)) - {maker_id or 0}
    notify(
        reviewers,
        WANTED,
        title=say(gettext_noop("Entered data waits for your review: %(rule)s"), rule=rule.name),
        url=QUEUE,
        dedup_key=f"review:{rule.pk}:{now():%Y%m%d%H}",
    )


def tell_maker(access: Access, pending: PendingChange) -> None:
    """Tell whoever entered it; what was rejected comes back with the reasons."""
    if pending.maker_id is None:
        return
    msgids = {
        PendingState.ACCEPTED: gettext_noop("%(who)s has accepted what you entered: %(title)s"),
        PendingState.PARTLY: gettext_noop(
            "%(who)s has accepted part of what you entered: %(title)s"
        ),
        PendingState.REJECTED: gettext_noop("%(who)s has sent back what you entered: %(title)s"),
    }
    reasons = [one["reason"] for one in pending.verdicts.values() if not one["accepted"]]
    notify(
        [pending.maker_id],
        DECIDED,
        title=say(msgids[PendingState(pending.state)], who=access.actor.name, title=pending.title),
        body="\n".join(dict.fromkeys(filter(None, reasons))),
        url=f"/quality/review/{pending.pk}/",
        dedup_key=f"reviewed:{pending.pk}:{len(pending.verdicts)}:{pending.state}",
        actor=access.user_id,
    )
