"""Writes a letter: subject, text and HTML in the reader's language, with links that work from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from keqiao.access.access import Access
from keqiao.catalog import state
from keqiao.notifications.preferences import wishes_of
from keqiao.notifications.reading import lines_of

if TYPE_CHECKING:
    from keqiao.access.models import User
    from keqiao.notifications.models import Letter
    from keqiao.notifications.reading import Line

MOST_LINES = 100
# In the head, where mail programs look for it: pages never carry styles of their own.
SHEET = SafeString("""<style>
body { margin: 0; padding: 24px 12px; background: #f6f7f7; color: #1a2125;
  font: 14px/22px -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
.box { max-width: 560px; margin: 0 auto; background: #fff; border: 1px solid #e5e8e9; border-radius: 12px; }
.head { padding: 18px 24px; border-bottom: 1px solid #e5e8e9; font-weight: 600; font-size: 16px; }
.one { padding: 14px 24px; border-bottom: 1px solid #e5e8e9; }
.one a { color: #075e4f; font-weight: 600; text-decoration: none; }
.one b { font-weight: 600; }
.one p { margin: 4px 0 0; color: #4d5760; white-space: pre-line; }
.dim { color: #626c74; font-size: 12px; line-height: 18px; }
.foot { max-width: 560px; margin: 12px auto; text-align: center; }
.foot a { color: #626c74; }
</style>""")


def mail_of(letter: Letter) -> EmailMultiAlternatives | None:
    """Return the mail of a letter; None when there is nobody or nothing left to write to."""
    user = letter.user
    if not user.is_active or not user.email:
        return None
    state.forget_versions()  # a worker lives long; the rights are those of this moment
    access = Access.for_user(user)
    wishes = wishes_of([user.pk])[user.pk]
    with override(user.language), timezone.override(wishes.zone):
        notices = list(letter.notices.order_by("-id")[: MOST_LINES + 1])
        if not notices:
            return None
        lines = lines_of(access, notices[:MOST_LINES])
        return _message(user, letter, lines, has_more=len(notices) > MOST_LINES)


def trial_mail(user: User) -> EmailMultiAlternatives:
    """Return a mail by which an administrator sees that mails arrive."""
    text = _("If you read this, mails from Keqiao reach you.")
    subject = _("Keqiao: mails work")
    return _dressed(user, subject, {"heading": subject, "lines": [], "lead": text}, mark="")


def site_address(path: str = "/") -> str:
    """Return the full address of a page, as it works in a mail."""
    return f"{settings.KEQIAO_SITE}{path}"


def _message(
    user: User, letter: Letter, lines: list[Line], *, has_more: bool
) -> EmailMultiAlternatives:
    if letter.is_digest:
        heading = _("Your daily summary: %(count)s") % {
            "count": f"{len(lines)}{'+' if has_more else ''}"
        }
    elif len(lines) == 1:
        heading = lines[0].title
    else:
        heading = _("%(count)s new notices") % {"count": len(lines)}
    context = {
        "heading": heading,
        "lines": [_shown(line) for line in lines],
        "has_more": has_more,
    }
    return _dressed(user, heading, context, mark=str(letter.pk))


def _shown(line: Line) -> dict[str, Any]:
    return {
        "title": line.title,
        "body": line.body,
        "url": site_address(line.url) if line.url else "",
        "at": timezone.localtime(line.at),
        "kind": line.kind_label,
    }


def _dressed(
    user: User, subject: str, context: dict[str, Any], *, mark: str
) -> EmailMultiAlternatives:
    everything = {
        **context,
        "sheet": SHEET,
        "language": "en" if user.language.startswith("en") else "zh-Hans",
        "name": user.name,
        "all_url": site_address("/notices/"),
        "settings_url": site_address("/settings/notices/"),
    }
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if mark:
        host = urlsplit(settings.KEQIAO_SITE).hostname or "localhost"
        # The same for every attempt, so that a mail program shows a repeat once.
        headers["Message-ID"] = f"<keqiao-notice-{mark}@{host}>"
    message = EmailMultiAlternatives(
        " ".join(subject.split())[:200],
        render_to_string("notifications/mail.txt", everything),
        to=[user.email],
        headers=headers,
    )
    message.attach_alternative(render_to_string("notifications/mail.html", everything), "text/html")
    return message
