"""What a person is told and reads: the own notices only, in the own language, under today's rights."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy, gettext_noop

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import User
from keqiao.access.words import person
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.words import things
from keqiao.notifications.kinds import Channel, NoticeKind, UnknownKind, register_notice
from keqiao.notifications.models import Notice
from keqiao.notifications.notify import notify
from keqiao.notifications.preferences import Wishes, keep_wishes
from keqiao.notifications.reading import lines_of, read_part
from keqiao.notifications.tasks import remove_old_notices
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.company import SYSTEM, Company, make, save_one

PART = {"HX-Request": "true"}
GIVEN = gettext_noop("%(who)s gave you %(record)s")


def tell(user: User, **more: Any) -> Notice:
    notify([user], more.pop("kind", "system"), **{"title": "Saved.", **more})
    return Notice.objects.filter(user=user).latest("pk")


def titles(user: User) -> list[str]:
    return [line.title for line in read_part(Access.for_user(user)).lines]


def poll(client: Client, known: str = "") -> Any:
    answer = client.get(f"/notices/count/?known={known}", headers=PART)
    return json.loads(answer.content) if answer.status_code == 200 else answer.status_code


# --- telling ------------------------------------------------------------------------------------------


def test_everybody_but_the_doer_and_the_leaver_is_told(company: Company) -> None:
    deactivate(company.zhao)
    people = [company.li, company.zhou.pk, company.zhao, company.li]
    assert notify(people, "mention", title="Saved.", actor=company.zhou) == 1
    assert list(Notice.objects.values_list("user_id", flat=True)) == [company.li.pk]


def test_the_same_key_reaches_a_person_once(company: Company) -> None:
    for _again in range(2):
        notify([company.li, company.zhou], "due", title="Saved.", dedup_key="due:1")
    notify([company.li], "due", title="Saved.")
    assert Notice.objects.filter(user=company.li).count() == 2
    assert Notice.objects.filter(user=company.zhou).count() == 1


def test_channels_decide_what_is_kept(company: Company) -> None:
    chosen = {"mention": [], "due": ["mail"], "assigned": ["app"]}
    keep_wishes(company.li.pk, Wishes(chosen, {}))
    assert notify([company.li], "mention", title="Saved.") == 0
    due, assigned = tell(company.li, kind="due"), tell(company.li, kind="assigned")
    assert (due.in_app, due.mail, due.mail_pending) == (False, "mail", True)
    assert (assigned.in_app, assigned.mail, assigned.mail_pending) == (True, "", False)
    assert len(titles(company.li)) == 1


def test_wrong_calls_are_refused_at_once(company: Company) -> None:
    with pytest.raises(UnknownKind):
        notify([company.li], "nonsense", title="Saved.")
    with pytest.raises(TypeError):
        notify([company.li], "system", title=gettext_lazy("Saved."))  # type: ignore[arg-type]
    for address in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "notices/"):
        with pytest.raises(ValueError, match="slash"):
            notify([company.li], "system", title="Saved.", url=address)


def test_a_package_declares_a_kind_of_its_own(company: Company) -> None:
    register_notice(NoticeKind("test_kind", "试", "tests", (Channel.APP,)))
    assert tell(company.li, kind="test_kind").in_app


def test_any_text_survives(company: Company) -> None:
    for text in ("100% sure", "%(nobody)s", "%s %d", "\x00 <b>", ""):
        notice = tell(company.li, title=say("%(text)s", text=text), body=text)
        [line] = lines_of(Access.for_user(company.li), [notice])
        assert line.title == line.body == text.replace("\x00", "")
    tell(company.li, title="100% (%(gone)s)")
    assert titles(company.li)[0] == "100% (%(gone)s)"


# --- reading ------------------------------------------------------------------------------------------


def test_each_reads_the_own_language(company: Company) -> None:
    User.objects.filter(pk=company.zhou.pk).update(language="en")
    title = say(
        gettext_noop("%(who)s gave you %(count)s %(things)s"),
        who=person(company.wang.pk), count=1500, things=things("account"),
    )  # fmt: skip
    notify([company.li, company.zhou], "assigned", title=title)
    english = browser_of(company.zhou).get("/notices/").content.decode()
    chinese = browser_of(company.li).get("/notices/").content.decode()
    assert "王经理 gave you 1,500 accounts" in english
    assert "1,500" in chinese and "1,500 accounts" not in chinese
    notify([company.li], "system", title="Saved.")
    assert "已保存" in browser_of(company.li).get("/notices/").content.decode()


def test_a_record_out_of_reach_shows_no_title_no_text_no_link(company: Company) -> None:
    secret = "绝密样板有限公司"
    number = make("account", owner=company.li, name=secret)
    tell(
        company.li, kind="mention", title=say(GIVEN, who=person(company.wang.pk)),
        body="价格八五折", record=("account", number),
    )  # fmt: skip
    client = browser_of(company.li)
    keep_wishes(company.li.pk, Wishes({}, {}, quiet_from=None, quiet_to=None))
    pages = ("/notices/", "/notices/?part=rows", "/notices/count/?known=0-0")
    for page in pages:
        answer = client.get(page, headers=PART)
        is_json = answer.headers["Content-Type"] == "application/json"
        assert secret in (str(answer.json()) if is_json else answer.content.decode())
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=number)
    for page in pages:
        for headers in ({}, PART):
            answer = client.get(page, headers=headers)
            is_json = answer.headers["Content-Type"] == "application/json"
            text = str(answer.json()) if is_json else answer.content.decode()
            assert secret not in text and "价格八五折" not in text
            assert f"/accounts/{number}/" not in text


def test_a_hidden_record_type_shows_no_title(company: Company) -> None:
    number = make("account", owner=company.li, name="绝密样板有限公司")
    notice = tell(company.li, title="%(record)s", record=f"account:{number}")
    company.li.roles.clear()
    from keqiao.access import matrix

    matrix.forget()
    [line] = lines_of(Access.for_user(company.li), [notice])
    assert "绝密" not in line.title and line.url == ""


def test_a_notice_of_a_package_that_is_gone_still_reads(company: Company) -> None:
    notice = tell(company.li, record=("account", 5))
    Notice.objects.filter(pk=notice.pk).update(kind="gone", object_key="gone")
    assert browser_of(company.li).get("/notices/").status_code == 200


# --- the pages ----------------------------------------------------------------------------------------


def test_marking_anothers_notice_is_refused(company: Company) -> None:
    notice = tell(company.li)
    client = browser_of(company.zhou)
    before = fingerprint()
    for headers in ({}, PART):
        assert client.post(f"/notices/{notice.pk}/read/", headers=headers).status_code == 404
        assert client.get(f"/notices/{notice.pk}/read/", headers=headers).status_code == 405
        client.post("/notices/read/", {"until": str(notice.pk)}, headers=headers)
    assert changed(before, fingerprint()) == []
    assert "Saved." not in client.get("/notices/").content.decode()
    assert browser_of(company.qian).post(f"/notices/{notice.pk}/read/").status_code == 404


def test_marking_one_and_all(company: Company) -> None:
    client = browser_of(company.li)
    first, second, third = (tell(company.li) for _number in range(3))
    assert client.post(f"/notices/{first.pk}/read/", headers=PART).status_code == 204
    assert (
        client.post(f"/notices/{first.pk}/read/", headers=PART).status_code == 204
    )  # twice is fine
    client.post("/notices/read/", {"until": str(second.pk)})
    left = Notice.objects.filter(read_at=None).values_list("pk", flat=True)
    assert list(left) == [third.pk]  # it came after the page was shown
    answer = client.post("/notices/read/", {"next": "https://evil.example/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/notices/")
    assert not Notice.objects.filter(read_at=None).exists()


def test_filters_days_and_going_on(company: Company) -> None:
    client = browser_of(company.li)
    for number in range(55):
        tell(company.li, title=say("%(text)s", text=f"notice-{number:02}"))
    Notice.objects.filter(words__title__text__lt="notice-03").update(at=now() - timedelta(days=30))
    tell(company.li, kind="mention", title="%(record)s-mention", seen=True)
    page = client.get("/notices/").content.decode()
    assert "notice-54" in page and "notice-05" not in page and "-mention" in page
    following = page.partition('<div class="more"><a class="btn sm" href="')[2].partition('"')[0]
    following = following.replace("&amp;", "&") + "&part=rows"
    rest = client.get(following, headers=PART).content.decode()
    assert "notice-05" in rest and "notice-00" in rest and "notice-06" not in rest
    assert rest.count("<h2") == 1 and "<html" not in rest  # today's heading stands above already
    assert "notice-05" in client.get(following.replace("&part=rows", "")).content.decode()
    assert "-mention" not in client.get("/notices/?show=unread").content.decode()
    only = client.get("/notices/?kind=mention").content.decode()
    assert "-mention" in only and "notice-54" not in only
    for odd in ("before=²", "before=-1", "kind='", "show=x", "before=99999999999999999999"):
        assert client.get(f"/notices/?{odd}").status_code == 200


def test_the_bell_counts_and_tells_what_is_fresh(company: Company) -> None:
    keep_wishes(company.li.pk, Wishes({}, {}, quiet_from=None, quiet_to=None))
    client = browser_of(company.li)
    first = poll(client)
    assert (first["count"], first["fresh"]) == ("", [])
    assert poll(client, first["mark"]) == 204
    tell(company.li, kind="due", title=say("%(text)s", text="到期"), url="/todo/")
    second = poll(client, first["mark"])
    assert second["count"] == "1"
    assert [(one["title"], one["url"]) for one in second["fresh"]] == [("到期", "/todo/")]
    assert poll(client, second["mark"]) == 204
    assert poll(browser_of(company.zhou), "0-0") == 204
    for _number in range(120):
        tell(company.li)
    assert poll(client, second["mark"])["count"] == "99+"


def test_in_quiet_hours_it_is_only_counted(company: Company) -> None:
    keep_wishes(company.li.pk, Wishes({}, {}, quiet_from=0, quiet_to=24 * 60 - 1))
    tell(company.li)
    assert poll(browser_of(company.li), "0-0")["fresh"] == []


def test_pages_ask_little(company: Company) -> None:
    client = browser_of(company.li)
    numbers = [make("account", owner=company.li, seed=seed) for seed in range(1, 21)]
    for number in numbers:
        tell(company.li, title="%(record)s", record=("account", number))
    mark = poll(client)["mark"]

    def cost(address: str) -> int:
        client.get(address, headers=PART)
        with CaptureQueriesContext(connection) as found:
            client.get(address, headers=PART)
        return len([one for one in found if "notice" in one["sql"] or "account" in one["sql"]])

    assert cost(f"/notices/count/?known={mark}") == 1
    assert cost("/notices/?part=rows") <= 5
    assert cost("/notices/") <= 3
    with CaptureQueriesContext(connection) as found:
        client.get("/accounts/")
    assert [one for one in found if "notifications_" in one["sql"]] == []


def test_a_stranger_is_sent_to_sign_in(company: Company) -> None:
    assert Client().get("/notices/").status_code == 302
    assert Client().get("/notices/count/", headers=PART).status_code == 401


def test_old_notices_go(company: Company) -> None:
    old, new = tell(company.li), tell(company.li)
    Notice.objects.filter(pk=old.pk).update(at=now() - timedelta(days=91))
    assert remove_old_notices.call() == 1
    assert list(Notice.objects.values_list("pk", flat=True)) == [new.pk]


# --- settings -----------------------------------------------------------------------------------------


def test_a_person_chooses_and_goes_back(company: Company) -> None:
    client = browser_of(company.li)
    sent = {
        "app-mention": "on", "mail-mention": "digest", "mail-due": "mail", "digest_hour": "17",
        "quiet": "on", "quiet_from": "1200", "quiet_to": "480", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    assert client.post("/settings/notices/", sent).status_code == 303
    tell(company.li, kind="mention")
    assert Notice.objects.get().mail == "digest"
    assert notify([company.li], "assigned", title="Saved.") == 0
    page = client.get("/settings/notices/").content.decode()
    assert 'value="17" selected' in page and 'value="Europe/Berlin" selected' in page
    assert 'value="1200" selected' in page
    wrong = {**sent, "digest_hour": "99", "time_zone": "Mars", "quiet_from": "x"}
    assert client.post("/settings/notices/", wrong).status_code == 303
    assert 'value="17" selected' in client.get("/settings/notices/").content.decode()
    client.post("/settings/notices/", {"forget": "1"})
    assert notify([company.li], "assigned", title="Saved.") == 1


def test_only_administrators_choose_for_the_company(company: Company) -> None:
    client = browser_of(company.li)
    before = fingerprint()
    assert client.get("/settings/company-notices/").status_code == 403
    assert client.post("/settings/company-notices/", {}).status_code == 403
    assert changed(before, fingerprint()) == []
    admin = browser_of(company.qian)
    assert admin.get("/settings/company-notices/").status_code == 200
    assert admin.post("/settings/company-notices/", {"app-due": "on"}).status_code == 303
    assert notify([company.li], "mention", title="Saved.") == 0
    assert notify([company.li], "due", title="Saved.") == 1
