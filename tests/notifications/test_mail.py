"""Mails about notices: at once or daily, never twice, in the reader's language, given up in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client, override_settings

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import User
from keqiao.base.words import say
from keqiao.notifications.letters import make_letters
from keqiao.notifications.models import DeadAddress, Letter, Notice
from keqiao.notifications.notify import notify
from keqiao.notifications.reading import mark_all_read
from keqiao.notifications.sending import TRIES, send_letters
from tests.attacks.conftest import browser_of
from tests.company import SYSTEM, Company, make, save_one
from tests.notifications import backends

State = Letter.State
TO_LOG = "keqiao.config.mail_to_log.EmailBackend"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def people(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The personas with mail addresses and a mail server of the test's own."""
    backends.sent.clear()
    backends.answers.clear()
    monkeypatch.setattr(backends, "refuses_line", False)
    for user in company.everybody:
        user.email = f"{user.username}@example.cn"
        user.save()
    with override_settings(
        EMAIL_BACKEND="tests.notifications.backends.ServerOfTheTest",
        KEQIAO_SITE="https://crm.example.cn",
    ):
        yield company


def run(moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        make_letters()
        return send_letters()


def tell(moment: datetime, user: User, kind: str = "mention", **more: Any) -> None:
    with time_machine.travel(moment, tick=False):
        notify([user], kind, **{"title": "Saved.", **more})


def addresses() -> list[str]:
    return [message.to[0] for message in backends.sent]


def states() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("state", flat=True))


# --- what goes out, and when ----------------------------------------------------------------------


def test_at_once_and_daily(people: Company) -> None:
    tell(NOON, people.li, "mention", url="/todo/")
    tell(NOON, people.li, "due")
    tell(NOON, people.zhou, "import_finished")
    assert run(NOON) == 0  # still being counted
    assert run(NOON + MINUTE) == 1
    assert run(NOON + 2 * MINUTE) == 0
    assert run(NOON + 19 * HOUR) == 0  # 07:00 on the next day
    assert run(NOON + 20 * HOUR) == 1
    assert run(NOON + 21 * HOUR) == run(NOON + 44 * HOUR) == 0  # nothing new, no mail
    assert addresses() == ["li@example.cn"] * 2
    assert Notice.objects.filter(mail_pending=True).count() == 0


def test_quiet_hours_are_waited_for_and_then_all_comes_in_one(people: Company) -> None:
    night = NOON + 11 * HOUR  # 23:00
    for _number in range(3):
        tell(night, people.li)
    for hours in range(8):
        assert run(night + hours * HOUR) == 0
    assert run(night + 8 * HOUR) == 1
    assert "3" in backends.sent[0].subject


def test_what_was_read_meanwhile_is_not_mailed(people: Company) -> None:
    tell(NOON, people.li, "mention")
    tell(NOON, people.li, "due")
    mark_all_read(Access.for_user(people.li))
    assert run(NOON + 24 * HOUR) == 0
    assert states() == []


def test_only_who_is_here_and_has_an_address_is_mailed(people: Company) -> None:
    User.objects.filter(pk=people.zhou.pk).update(email="")
    for user in (people.li, people.zhou, people.wang):
        tell(NOON, user)
    deactivate(people.li)
    assert run(NOON + MINUTE) == 1
    assert addresses() == ["wang@example.cn"]


def test_a_leaver_gets_no_letter_that_waits_already(people: Company) -> None:
    tell(NOON, people.li)
    with time_machine.travel(NOON + MINUTE, tick=False):
        make_letters()
    deactivate(people.li)
    assert run(NOON + 2 * MINUTE) == 0
    assert states() == [State.NEEDLESS]


def test_without_a_server_mails_stand_in_the_log_and_are_no_old_news_later(
    people: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    tell(NOON, people.li)
    with override_settings(EMAIL_BACKEND=TO_LOG):
        assert run(NOON + 2 * HOUR) == 1
    [line] = [one for one in caplog.messages if "mail_not_sent" in one]
    assert "li@example.cn" in line
    assert "已保存" in line
    assert backends.sent == []
    assert run(NOON + 24 * 4 * HOUR) == 0


def test_no_link_in_the_log_sets_a_password(
    people: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with override_settings(EMAIL_BACKEND=TO_LOG):
        Client().post("/auth/password/reset/", {"email": people.li.email})
    [line] = [one for one in caplog.messages if "mail_not_sent" in one]
    assert "/auth/password/reset/key/…" in line


# --- the letter itself ----------------------------------------------------------------------------


def test_a_letter_is_in_the_readers_words_and_leads_into_the_product(people: Company) -> None:
    User.objects.filter(pk=people.zhou.pk).update(language="en")
    number = make("account", owner=people.zhou, name="苏州<b>甲</b>公司\n二行")
    for user in (people.zhou, people.wang):
        tell(
            NOON, user, title=say("%(record)s"), body="see <i>this</i>\r\nBcc: x@example.com",
            record=("account", number),
        )  # fmt: skip
    assert run(NOON + MINUTE) == 2
    english, chinese = sorted(backends.sent, key=lambda one: one.to[0], reverse=True)
    html = english.alternatives[0][0]  # type: ignore[attr-defined]
    assert f"https://crm.example.cn/accounts/{number}/" in english.body
    assert f'href="https://crm.example.cn/accounts/{number}/"' in html
    assert "All notices" in english.body and 'lang="en"' in html
    assert 'lang="zh-Hans"' in chinese.alternatives[0][0]  # type: ignore[attr-defined]
    assert "<i>" not in html
    assert "see &lt;i&gt;this" in html
    assert "\n" not in english.subject and english.recipients() == ["zhou@example.cn"]
    assert english.extra_headers["Auto-Submitted"] == "auto-generated"
    # 王经理 leads another part of the company and may not see this customer.
    assert "苏州" not in chinese.subject + chinese.body
    assert f"/accounts/{number}/" not in chinese.body


def test_a_letter_knows_only_what_its_reader_may_see_when_it_goes(people: Company) -> None:
    number = make("account", owner=people.li, name="绝密样板有限公司")
    tell(NOON, people.li, title=say("%(record)s"), body="八五折", record=("account", number))
    save_one(SYSTEM, "account", {"owner": people.zhou.pk}, record_id=number)
    assert run(NOON + MINUTE) == 1
    [message] = backends.sent
    everything = message.subject + message.body + message.alternatives[0][0]  # type: ignore[attr-defined]
    assert "绝密" not in everything and "八五折" not in everything


# --- nobody twice ---------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here, as by kill -9."""


def dies(after: bool) -> Any:
    def answer(message: EmailMessage) -> None:
        if message.to[0] == "wang@example.cn":
            if after:
                backends.sent.append(message)
            raise Killed

    return answer


@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_in_the_middle_sends_nobody_twice(people: Company, after: bool) -> None:
    for user in (people.li, people.wang, people.zhao):
        tell(NOON, user, "due")
    morning = NOON + 21 * HOUR
    backends.answers.append(dies(after))
    with pytest.raises(Killed):
        run(morning)
    backends.answers.clear()
    assert states() == [State.SENT, State.SENDING, State.WAITING]
    for minutes in (1, 5, 14, 16, 60, 600):
        run(morning + minutes * MINUTE)
    assert states() == [State.SENT, State.UNCLEAR, State.SENT]
    assert addresses().count("li@example.cn") == addresses().count("zhao@example.cn") == 1
    assert addresses().count("wang@example.cn") == int(after)
    assert Letter.objects.count() == 3


def test_two_workers_make_one_letter(people: Company) -> None:
    tell(NOON, people.li)
    tell(NOON, people.li, "due")
    for _worker in range(2):
        with time_machine.travel(NOON + 21 * HOUR, tick=False):
            make_letters()
    assert Letter.objects.count() == 2
    Notice.objects.update(mail_pending=True)  # as the second worker read it before the first wrote
    with time_machine.travel(NOON + 21 * HOUR, tick=False):
        make_letters()
    assert Letter.objects.count() == 2


# --- refusals -------------------------------------------------------------------------------------


def refuse(message: EmailMessage) -> None:
    raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user here")})


def test_a_broken_address_is_given_up_and_the_administrator_told(people: Company) -> None:
    backends.answers.append(refuse)
    tell(NOON, people.li)
    moments = [1, 2, 7, 8, 40, 200, 900, 2000, 3000]
    for minutes in moments:
        run(NOON + minutes * MINUTE)
    letter = Letter.objects.get(user=people.li)
    assert (letter.state, letter.attempts) == (State.FAILED, TRIES)
    assert "no such user" in letter.problem
    told = Notice.objects.filter(kind="system", user=people.qian)
    assert told.count() == 1
    page = browser_of(people.qian).get("/settings/company-notices/").content.decode()
    assert "no such user" in page and "li@example.cn" in page
    # Nothing more goes to that address, but to a corrected one at once.
    backends.answers.clear()
    tell(NOON + 3100 * MINUTE, people.li)
    run(NOON + 3102 * MINUTE)
    assert "li@example.cn" not in addresses()
    assert "li@example.cn" in browser_of(people.li).get("/settings/notices/").content.decode()
    User.objects.filter(pk=people.li.pk).update(email="li2@example.cn")
    tell(NOON + 3103 * MINUTE, people.li)
    assert run(NOON + 3105 * MINUTE) >= 1
    assert addresses().count("li2@example.cn") == 1


def test_an_address_no_mail_can_have_is_given_up_at_once(people: Company) -> None:
    User.objects.filter(pk=people.li.pk).update(email="li@example.cn\nBcc: x@example.cn")
    tell(NOON, people.li)
    tell(NOON, people.zhou)
    assert run(NOON + MINUTE) == 1
    assert addresses() == ["zhou@example.cn"]
    assert DeadAddress.objects.filter(user=people.li).exists()


def test_a_server_that_is_away_costs_no_letter_an_attempt(
    people: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (people.li, people.zhou):
        tell(NOON, user)
    monkeypatch.setattr(backends, "refuses_line", True)
    for minutes in (1, 2, 10, 20, 60):
        assert run(NOON + minutes * MINUTE) == 0
    assert states() == [State.WAITING] * 2
    assert set(Letter.objects.values_list("attempts", flat=True)) == {0}
    assert Notice.objects.filter(kind="system", user=people.qian).count() == 1
    monkeypatch.setattr(backends, "refuses_line", False)
    assert run(NOON + 2 * HOUR) == 2
    assert sorted(addresses()) == ["li@example.cn", "zhou@example.cn"]


def test_a_sender_the_server_refuses_is_the_servers_trouble(people: Company) -> None:
    def answer(message: EmailMessage) -> None:
        raise SMTPSenderRefused(421, b"too many mails", "keqiao@localhost")

    backends.answers.append(answer)
    tell(NOON, people.li)
    run(NOON + MINUTE)
    backends.answers.clear()
    assert (states(), Letter.objects.get().attempts) == ([State.WAITING], 0)
    assert not DeadAddress.objects.exists()
    assert run(NOON + HOUR) == 1


def test_a_line_that_breaks_while_sending_sends_nobody_twice(people: Company) -> None:
    def answer(message: EmailMessage) -> None:
        raise SMTPServerDisconnected("gone")

    backends.answers.append(answer)
    for user in (people.li, people.zhou):
        tell(NOON, user)
    run(NOON + MINUTE)
    backends.answers.clear()
    run(NOON + HOUR)
    assert states() == [State.UNCLEAR, State.SENT]
    assert addresses() == ["zhou@example.cn"]


def test_a_day_without_a_server_makes_old_news(
    people: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "refuses_line", True)
    tell(NOON, people.li)
    run(NOON + MINUTE)
    run(NOON + 25 * HOUR)
    assert states()[0] == State.FAILED
    assert not DeadAddress.objects.exists()


def test_an_administrator_tries_the_mail_out(people: Company) -> None:
    admin = browser_of(people.qian)
    admin.post("/settings/company-notices/", {"trial": "1"})
    assert addresses() == ["qian@example.cn"]
    backends.answers.append(refuse)
    admin.post("/settings/company-notices/", {"trial": "1"})
    assert "no such user" in admin.get("/settings/company-notices/").content.decode()
    with override_settings(EMAIL_BACKEND=TO_LOG):
        assert admin.post("/settings/company-notices/", {"trial": "1"}).status_code == 303
        page = admin.get("/settings/company-notices/").content.decode()
        assert "KEQIAO_SMTP_HOST" in page
        assert "不会发出任何邮件" in page
        assert "不会收到邮件" in browser_of(people.li).get("/settings/notices/").content.decode()
