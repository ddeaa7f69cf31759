"""Following up: one line and Enter, with everything that goes with it, saved once or not at all."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.access.models import User
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.activities.composer_models import FollowUpDraft, Phrase
from keqiao.base.clock import now, today
from keqiao.catalog.registry import object_type
from keqiao.notifications.models import Notice
from keqiao.records.outbox import dispatch_events
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make, make_all, save_one

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = {"HX-Request": "true"}
LOG = "/activities/log/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def rows(key: str) -> list[Any]:
    return list(records(SYSTEM, object_type(key)).order_by("pk"))


def send(client: Client, about: str, body: str = "谈妥了交期", **more: Any) -> Any:
    given = {"about": about, "type": "call", "body": body, "key": "k1", **more}
    return client.post(LOG, given, headers=PART)


@pytest.fixture
def account(company: Company) -> int:
    return make("account", owner=company.li, name="成都山海医疗器械有限公司")


# --- the record page ------------------------------------------------------------------------------


def test_the_timeline_comes_first_and_the_page_asks_little(company: Company, account: int) -> None:
    client = browser(company.li)
    for kind in ("note", "call", "visit", "email_note", "task", "event"):
        for number in range(3):
            make(
                kind, owner=company.li, seed=number, about=f"account:{account}", body=f"{kind} 内容"
            )
    for number in range(3):
        save_one(SYSTEM, "account", {"note": f"改动{number}"}, record_id=account)
    url = f"/accounts/{account}/"
    page = client.get(url).content.decode()
    assert page.index('class="timeline"') < page.index("call 内容")
    assert page.index("tab=details") < page.index("tab=history")
    assert "data-composer" in page
    assert "call 内容" in page
    with CaptureQueriesContext(connection) as found:
        client.get(url)
    # Outside of tests the visit is noted by another thread, many at once.
    asked = [query["sql"][:160] for query in found if "ui_recent" not in query["sql"]]
    assert len(asked) <= 26, asked


def test_a_page_without_timeline_keeps_its_fields(company: Company, account: int) -> None:
    note = make("note", owner=company.li, about=f"account:{account}", body="一条记录")
    page = browser(company.li).get(f"/notes/{note}/").content.decode()
    assert "data-composer" not in page
    assert 'class="fields"' in page


# --- sending --------------------------------------------------------------------------------------


def test_one_line_is_a_follow_up(company: Company, account: int) -> None:
    client = browser(company.li)
    answer = send(client, f"account:{account}", place="inline")
    assert answer.status_code == 200
    assert "activitiesChanged" in answer.headers["HX-Trigger-After-Settle"]
    [call] = rows("call")
    assert (call.body, call.state, call.owner_id) == ("谈妥了交期", "done", company.li.pk)
    assert call.account_id == account
    assert "谈妥了交期" in client.get(f"/accounts/{account}/").content.decode()
    assert "谈妥了交期" not in answer.content.decode()
    assert answer.cookies["keqiao_followup"].value == "call"


def test_without_javascript_it_goes_back_to_the_record(company: Company, account: int) -> None:
    client = browser(company.li)
    answer = client.post(LOG, {"about": f"account:{account}", "type": "note", "body": "记一条"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/accounts/{account}/")
    assert len(rows("note")) == 1


def test_the_same_text_sent_twice_is_saved_once(company: Company, account: int) -> None:
    client = browser(company.li)
    assert send(client, f"account:{account}").status_code == 204
    assert send(client, f"account:{account}").status_code == 204
    assert len(rows("call")) == 1
    send(client, f"account:{account}", "又一条")  # another text of the same page is another one
    assert len(rows("call")) == 2


def test_next_contact_is_planned_with_it(company: Company, account: int) -> None:
    contact = make("contact", owner=company.li, account=account, name="刘建国")
    client = browser(company.li)
    day = today() + timedelta(days=9)
    send(
        client, f"account:{account}", next="day", next_day=day.isoformat(), next_name="带样机演示",
        contacts=[str(contact)],
    )  # fmt: skip
    [task], [call] = rows("task"), rows("call")
    assert (task.name, task.state, task.account_id) == ("带样机演示", "planned", account)
    assert task.at.astimezone().date() == day
    assert task.contacts == call.contacts == [contact]
    stored = records(SYSTEM, object_type("account")).get(pk=account)
    assert stored.next_activity_at == task.at  # type: ignore[attr-defined]


def test_a_wrong_day_keeps_the_text_and_saves_nothing(company: Company, account: int) -> None:
    answer = send(
        browser(company.li), f"account:{account}", next="day", next_day="31.12.", place="inline"
    )
    assert answer.status_code == 422
    assert "谈妥了交期" in answer.content.decode()
    assert rows("call") == rows("task") == []


def test_a_text_too_long_is_kept_and_told(company: Company, account: int) -> None:
    body = "长" * 10_001
    answer = send(browser(company.li), f"account:{account}", body, place="inline")
    assert answer.status_code == 422
    assert body in answer.content.decode()
    assert rows("call") == []


def test_nothing_written_is_told(company: Company, account: int) -> None:
    assert send(browser(company.li), f"account:{account}", "  ").status_code == 422


def test_the_stage_moves_with_it_or_nothing_is_saved(company: Company) -> None:
    lead = make("lead", owner=company.li, state="new")
    client = browser(company.li)
    send(client, f"lead:{lead}", stage="contacting", stage_was="new")
    stored: Any = records(SYSTEM, object_type("lead")).get(pk=lead)
    assert stored.state == "contacting"
    answer = send(client, f"lead:{lead}", "再一条", stage="no such state", stage_was="contacting")
    assert answer.status_code == 422
    assert len(rows("call")) == 1


def test_ten_thousand_characters_with_emoji_and_arabic_show_folded(
    company: Company, account: int
) -> None:
    body = ("谈了很久😀 مرحبا " * 700)[:10_000].strip()
    client = browser(company.li)
    assert send(client, f"account:{account}", body).status_code == 204
    page = client.get(f"/accounts/{account}/").content.decode()
    assert body in page
    assert 'class="long"' in page
    assert 'dir="auto"' in page


# --- who may ---------------------------------------------------------------------------------------


def test_nobody_follows_up_what_he_may_not_see(company: Company, account: int) -> None:
    stranger = browser(company.zhou)
    about = f"account:{account}"
    assert send(stranger, about).status_code in (404, 422)
    assert stranger.get(f"{LOG}?about={about}").status_code == 404
    assert stranger.get(f"{LOG}more/?about={about}").status_code == 404
    assert stranger.get(f"{LOG}mention/?about={about}&q=li").status_code == 404
    assert stranger.post(f"{LOG}draft/", {"about": about, "body": "x"}).status_code == 404
    assert stranger.get(f"/activities/timeline/account/{account}/").status_code == 404
    assert stranger.get(f"/activities/timeline/account/{account}/counts/").status_code == 404
    assert rows("call") == []
    assert not FollowUpDraft.objects.exists()


def test_without_the_right_to_note_there_is_no_composer(company: Company, account: int) -> None:
    role = company.li.roles.get()
    set_right(role, "note", Action.CREATE, Level.NONE)
    page = browser(company.li).get(f"/accounts/{account}/").content.decode()
    assert "data-composer" not in page


def test_counts_tell_only_what_may_be_seen(company: Company, account: int) -> None:
    make("note", owner=company.li, about=f"account:{account}", body="一")
    share_record(object_type("account"), account, company.zhou, by=None)
    role = company.zhou.roles.get()
    url = f"/activities/timeline/account/{account}/counts/"
    assert "<small>1</small>" in browser(company.zhou).get(url).content.decode()
    set_right(role, "note", Action.VIEW, Level.NONE)
    assert "<small>" not in browser(company.zhou).get(url).content.decode()


# --- drafts, phrases ---------------------------------------------------------------------------------


def test_a_draft_survives_and_goes_with_the_sending(company: Company, account: int) -> None:
    client, about = browser(company.li), f"account:{account}"
    client.post(f"{LOG}draft/", {"about": about, "key": "k1", "body": "打到一半", "type": "visit"})
    page = client.get(f"/accounts/{account}/").content.decode()
    assert "打到一半" in page
    assert 'value="visit" checked' in page
    assert "打到一半" not in browser(company.qian).get(f"/accounts/{account}/").content.decode()
    send(client, about, "打到一半，写完了")
    assert not FollowUpDraft.objects.exists()
    # What was on its way while the text was sent does not bring it back.
    client.post(f"{LOG}draft/", {"about": about, "key": "k1", "body": "打到一半"})
    assert not FollowUpDraft.objects.exists()


def test_phrases_are_one_s_own_or_the_company_s(company: Company, account: int) -> None:
    li, qian = browser(company.li), browser(company.qian)
    li.post("/settings/phrases/", {"whose": "own", "text": "已发报价"})
    assert li.post("/settings/phrases/", {"whose": "company", "text": "X"}).status_code == 403
    qian.post("/settings/phrases/", {"whose": "company", "text": "已约拜访时间"})
    offered = li.get(f"{LOG}more/?about=account:{account}").content.decode()
    assert "已发报价" in offered
    assert "已约拜访时间" in offered
    own = Phrase.objects.get(user=company.li)
    browser(company.wang).post("/settings/phrases/", {"whose": "own", "remove": str(own.pk)})
    li.post("/settings/phrases/", {"whose": "own", "phrase": str(own.pk), "text": "报价已发出"})
    own.refresh_from_db()
    assert own.text == "报价已发出"


# --- mentions, comments, corrections ----------------------------------------------------------------


def test_mentions_offer_those_who_may_see_it(company: Company, account: int) -> None:
    client, url = browser(company.li), f"{LOG}mention/?about=account:{account}&q="
    assert "王经理" in client.get(f"{url}wjl").content.decode()
    assert "王经理" in client.get(f"{url}王").content.decode()
    assert "周销售" not in client.get(f"{url}zhou").content.decode()


def test_who_is_mentioned_is_told_once_and_only_who_may_see(company: Company, account: int) -> None:
    client = browser(company.li)
    send(client, f"account:{account}", "请@王经理 看一下，@周销售 也看看")
    dispatch_events()
    dispatch_events()
    [notice] = Notice.objects.filter(kind="mention")
    assert notice.user_id == company.wang.pk
    assert (notice.object_key, notice.record_id) == ("account", account)


def test_a_comment_stands_below_and_only_its_author_removes_it(
    company: Company, account: int
) -> None:
    note = make("note", owner=company.li, about=f"account:{account}", body="内容")
    wang, li = browser(company.wang), browser(company.li)
    assert wang.get(f"/activities/note/{note}/comment/").status_code == 200
    answer = wang.post(f"/activities/note/{note}/comment/", {"body": "做得好"}, headers=PART)
    assert answer.status_code == 204
    assert "做得好" in li.get(f"/accounts/{account}/").content.decode()
    [comment] = rows("comment")
    refused = li.post(f"/activities/comment/{comment.pk}/remove/", headers=PART)
    assert refused.status_code in (404, 422)
    assert len(rows("comment")) == 1
    wang.post(f"/activities/comment/{comment.pk}/remove/", headers=PART)
    assert rows("comment") == []


def test_an_entry_is_corrected_pinned_and_removed(company: Company, account: int) -> None:
    note = make("note", owner=company.li, about=f"account:{account}", body="写错了")
    li, base = browser(company.li), f"/activities/note/{note}/"
    version = rows("note")[0].version
    li.post(f"{base}text/", {"body": "改对了", "version": version}, headers=PART)
    stale = li.post(f"{base}text/", {"body": "旧的", "version": version}, headers=PART)
    assert stale.status_code == 422
    assert rows("note")[0].body == "改对了"
    li.post(f"{base}pin/", {"pinned": "1"}, headers=PART)
    assert rows("note")[0].pinned is True
    zhou = browser(company.zhou)
    for address in ("text/", "remove/", "pin/", "comment/"):
        zhou.post(f"{base}{address}", {"body": "夺走", "pinned": "0"}, headers=PART)
    assert (rows("note")[0].body, rows("note")[0].pinned) == ("改对了", True)
    assert rows("comment") == []
    li.post(f"{base}remove/", headers=PART)
    assert rows("note") == []


# --- looking back -------------------------------------------------------------------------------------


def test_the_timeline_is_narrowed_searched_and_goes_on(company: Company, account: int) -> None:
    about = f"account:{account}"
    at = now()
    make_all(
        "note",
        [{"about": about, "body": f"第{n}次", "at": at - timedelta(days=n)} for n in range(1, 40)],
        owner=company.li,
    )
    make("call", owner=company.li, about=about, body="电话里说价格")
    client, url = browser(company.li), f"/activities/timeline/account/{account}/"
    found = client.get(f"{url}?q=价格", headers=PART).content.decode()
    assert "<mark>价格</mark>" in found
    assert "次<" not in found
    assert "电话里说" not in client.get(f"{url}?kind=note", headers=PART).content.decode()
    page = client.get(f"{url}?kind=note", headers=PART).content.decode()
    seen = []
    for _number in range(5):
        seen += [n for n in range(1, 40) if f">第{n}次<" in page]
        links = [part.split('"')[0] for part in page.split('hx-get="')]
        following = [link.replace("&amp;", "&") for link in links if "before=" in link]
        if not following:
            break
        page = client.get(following[0], headers=PART).content.decode()
    assert sorted(set(seen)) == list(range(1, 40))
    assert client.get(f"{url}?before=nonsense", headers=PART).status_code == 200


def test_access_of_the_reader_is_asked_for_each_entry(company: Company, account: int) -> None:
    share_record(object_type("account"), account, company.zhou, by=None)
    other = make("account", owner=company.li)
    make("note", owner=company.li, about=f"account:{other}", body="别家的事")
    access = Access.for_user(company.zhou)
    assert not records(access, object_type("note")).exists()
    assert "别家的事" not in browser(company.zhou).get(f"/accounts/{account}/").content.decode()


def test_the_chip_of_comments_finds_those_below_an_entry_as_well(
    company: Company, account: int
) -> None:
    client = browser(company.li)
    send(client, f"account:{account}", "没人评论的")
    send(client, f"account:{account}", "有人评论的")
    noted = rows("call")[-1]
    client.post(f"/activities/call/{noted.pk}/comment/", {"body": "我补充一句"}, headers=PART)
    page = client.get(f"/activities/timeline/account/{account}/?kind=comment", headers=PART)
    shown = page.content.decode()
    assert "我补充一句" in shown
    assert "有人评论的" in shown
    assert "没人评论的" not in shown
    counts = client.get(f"/activities/timeline/account/{account}/counts/?kind=", headers=PART)
    assert re.search(r"评论 <small>1</small>", counts.content.decode()), counts.content.decode()
