"""The company's own table: changing days and weeks, pasting a year, and who may do so."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from keqiao.automation import working_calendar as table
from keqiao.automation.arrangements import read_pasted, shipped
from keqiao.automation.working_calendar import CalendarProblem
from keqiao.automation.working_time import DayKind
from keqiao.base.clock import today
from tests.company import SYSTEM, Company

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOTICE_2026 = """国务院办公厅关于2026年部分节假日安排的通知
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。"""


@pytest.fixture
def admin(company: Company, client: Client) -> Client:
    client.force_login(company.qian, backend=BACKEND)
    return client


# --- pasted arrangements --------------------------------------------------------------------------


def test_the_notice_itself_is_understood() -> None:
    read = read_pasted(NOTICE_2026, 2026)
    assert read.problems == []
    known = {day: (rule.kind, rule.name) for day, rule in shipped()[2026].items()}
    assert {day: (rule.kind, rule.name) for day, rule in read.days.items()} == known


def test_a_notice_may_reach_into_the_year_before() -> None:
    text = (
        "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。\n"
        "二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。"
    )
    read = read_pasted(text, 2023)
    assert read.problems == []
    assert min(read.days) == date(2022, 12, 31)
    assert read.days[date(2023, 1, 29)].kind is DayKind.WORKING


def test_a_list_is_understood_however_it_is_written() -> None:
    text = (
        "日期,类型,名称\n2027-02-05 至 2027-02-11, 休, 春节\n2027/2/13\t班\n"
        "10月1日 放假 国庆节\n2027-10-02,holiday,国庆节"
    )
    read = read_pasted(text, 2027)
    assert read.problems == []
    assert len(read.days) == 7 + 1 + 2
    assert read.days[date(2027, 2, 8)].name == "春节"
    assert read.days[date(2027, 2, 13)].kind is DayKind.WORKING
    assert read.days[date(2027, 10, 1)].kind is DayKind.HOLIDAY


@pytest.mark.parametrize(
    "text",
    [
        "2027-02-30 休",
        "2027-02-05 2027-02-06 2027-02-07 休",
        "2027-03-01 至 2027-02-01 休",
        "2027-01-01 至 2027-12-31 休",
        "2026-05-01 休",
        "一、春节：2月30日至3月2日放假。",
        "hello",
        "",
        "9" * 50_000,
        "2027-٠٢-٠٥ 休",
    ],
)
def test_a_text_that_makes_no_sense_is_refused_with_a_sentence(text: str) -> None:
    read = read_pasted(text, 2027)
    assert read.problems
    assert all("%(" not in problem for problem in read.problems)


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_own_changes_stand_above_the_official_days_and_can_be_undone() -> None:
    make_up, new_year = date(2026, 2, 14), date(2026, 1, 1)
    assert table.is_working(make_up)
    table.change_day(SYSTEM, make_up, DayKind.HOLIDAY, "团建")
    table.change_day(SYSTEM, new_year, DayKind.WORKING, "值班", [(600, 720)])
    assert not table.is_working(make_up)
    assert table.working_time().periods(new_year) == ((600, 720),)
    table.change_day(SYSTEM, new_year, DayKind.ORDINARY)
    assert table.is_working(new_year), "a Thursday like any other"
    assert table.reset_year(2026) == 2
    assert table.is_working(make_up)
    assert not table.is_working(new_year)


@pytest.mark.django_db
def test_a_year_nobody_knows_works_by_its_weekdays_until_it_is_pasted() -> None:
    spring = date(2027, 2, 5)
    assert table.is_working(spring)
    table.arrange_year(SYSTEM, 2027, read_pasted("2027-02-05 至 2027-02-11 休 春节", 2027).days)
    assert not table.is_working(spring)
    table.reset_year(2027)
    assert not table.is_working(spring), "what was pasted is the only arrangement there is"


@pytest.mark.django_db
def test_the_calendar_is_read_once_until_it_changes(django_assert_num_queries) -> None:
    table.forget()
    assert table.is_working(date(2026, 11, 23))
    with django_assert_num_queries(0):
        assert table.add_working_days(date(2026, 12, 31), 3) == date(2027, 1, 5)
        table.working_minutes_between(
            datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
            datetime(2026, 12, 1, tzinfo=ZoneInfo("UTC")),
        )
    table.change_day(SYSTEM, date(2026, 11, 23), DayKind.HOLIDAY)
    assert not table.is_working(date(2026, 11, 23))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "week",
    [
        [[]] * 7,
        [[(540, 720), (700, 800)], *[[]] * 6],
        [[(720, 540)], *[[]] * 6],
        [[(0, 1441)], *[[]] * 6],
        [[(540, 720)]] * 6,
    ],
)
def test_a_week_that_cannot_be_is_refused(week) -> None:
    with pytest.raises(CalendarProblem):
        table.change_week(SYSTEM, week)
    assert table.working_time().week == table.DEFAULT_WEEK


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "years"),
    [
        ("2026-09-30 12:00+08:00", []),
        ("2026-10-01 00:10+08:00", [2027]),
        ("2026-12-31 23:59+08:00", [2027]),
        ("2027-01-01 00:00+08:00", [2027]),
        ("2027-10-01 00:00+08:00", [2027, 2028]),
    ],
)
def test_administrators_are_warned_from_october_on(moment: str, years: list[int]) -> None:
    with time_machine.travel(moment, tick=False):
        assert table.years_without_arrangement(today()) == years


# --- the pages ------------------------------------------------------------------------------------


def test_the_year_shows_what_each_day_is_in_words_too(admin: Client) -> None:
    page = admin.get("/settings/working-days/?year=2026").content.decode()
    assert page.count('class="card month"') == 12
    [make_up] = re.findall(
        r'<a class="d duty" href="/settings/working-days/2026-02-14/"[^>]*>', page
    )
    assert all(word in make_up for word in ("星期六", "春节", 'title="2026年2月14日'))
    assert 'class="d off" href="/settings/working-days/2026-02-17/"' in page
    assert "国办发明电〔2025〕7号" in page
    assert "248" in page


@time_machine.travel("2026-11-22 04:00:00+00:00")
def test_a_missing_year_is_said_on_its_page_and_among_what_waits(
    admin: Client, company: Company
) -> None:
    assert "note warn" in admin.get("/settings/working-days/?year=2027").content.decode()
    assert "2027" in admin.get("/todo/").content.decode()
    other = Client()
    other.force_login(company.li, backend=BACKEND)
    assert "2027" not in other.get("/todo/").content.decode()


def test_a_pasted_year_is_shown_before_it_is_put_in_force(admin: Client) -> None:
    given = {
        "year": "2027",
        "text": "2027-02-05 至 2027-02-11 休 春节",
        "source": "测试〔2026〕1号",
    }
    shown = admin.post("/settings/working-days/import/", given)
    assert shown.status_code == 200
    assert "2027-02-11" in shown.content.decode()
    assert not table.is_arranged(2027)
    saved = admin.post("/settings/working-days/import/", {**given, "go": "save"})
    assert saved.status_code == 303
    assert table.is_arranged(2027)
    assert not table.is_working(date(2027, 2, 8))
    wrong = admin.post("/settings/working-days/import/", {**given, "text": "??1", "go": "save"})
    assert wrong.status_code == 422


def test_a_day_is_changed_and_changed_back(admin: Client) -> None:
    address = "/settings/working-days/2026-11-23/"
    assert admin.get(address, headers={"HX-Request": "true"}).status_code == 200
    assert admin.post(address, {"kind": "holiday", "name": "司庆"}).status_code == 303
    assert not table.is_working(date(2026, 11, 23))
    wrong = admin.post(address, {"kind": "working", "hours": "25:00-26:00"})
    assert wrong.status_code == 422
    assert admin.post(address, {"reset": "1"}).status_code == 303
    assert table.is_working(date(2026, 11, 23))


@pytest.mark.parametrize("address", ["2026-02-30", "nonsense", "1800-01-01", "20260101"])
def test_a_day_that_does_not_exist_has_no_page(admin: Client, address: str) -> None:
    assert admin.get(f"/settings/working-days/{address}/").status_code == 404


def test_the_week_is_changed_with_its_lunch_break(admin: Client) -> None:
    given = {f"day{number}": "8:30-12:00，13:00-17:30" for number in range(6)} | {"day6": ""}
    assert admin.post("/settings/working-days/week/", given).status_code == 303
    assert table.working_time().week[5] == ((510, 720), (780, 1050))
    assert not table.is_working(date(2026, 11, 22))
    assert admin.post("/settings/working-days/week/", {}).status_code == 422


@pytest.mark.parametrize("path", ["", "week/", "import/", "reset/", "2026-11-23/"])
def test_only_administrators_come_to_these_pages(company: Company, path: str) -> None:
    for person in (company.li, company.wang):
        client = Client()
        client.force_login(person, backend=BACKEND)
        assert client.get(f"/settings/working-days/{path}").status_code == 403
        assert client.post(f"/settings/working-days/{path}", {"kind": "holiday"}).status_code == 403


@time_machine.travel("2026-10-08 02:00:00+00:00")
def test_the_morning_job_tells_administrators_once_a_month(company: Company) -> None:
    from keqiao.automation.tasks import tell_missing_years
    from keqiao.notifications.models import Notice

    for _morning in range(3):
        tell_missing_years.func()
    assert list(Notice.objects.values_list("user_id", "url")) == [
        (company.qian.pk, "/settings/working-days/?year=2027")
    ]
