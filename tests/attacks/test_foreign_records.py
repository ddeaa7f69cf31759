"""A2-A4: what belongs to another team can be neither read nor touched, by any page or bulk job."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.utils.translation import gettext

from keqiao.access.models import ApiToken, Collaborator
from keqiao.access.tokens import issue_token
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.records.removal import delete_records
from tests.attacks.conftest import browser_of
from tests.attacks.database import changed, fingerprint
from tests.attacks.routes import Route, ui_routes
from tests.company import SYSTEM, TEST, Company, make, make_all

# Addresses that carry the number of something that belongs to somebody. A new one is added here
# together with an attack of its own.
KNOWN = re.compile(
    r"<object:declared>/<record:record_id>/"
    r"|jobs/<record:job_id>/"
    r"|settings/fields/<record:field_id>/"
    r"|settings/people/<record:user_id>/"
    r"|settings/roles/<record:role_id>/"
    r"|import/<|exports?/<"
    # Pages and pictures of the guide belong to nobody; what leaves its folder is tested with it.
    r"|help/(tours/|pictures/)?<"
    r"|(settings/pools|pool)/<record:pool_id>/"  # tests/customers/test_pool_attacks.py
    r"|activities/(timeline/|next/)?<slug:key>/<record:record_id>/"  # tests/attacks/test_activities.py
    r"|attachments/<record:record_id>/"  # tests/activities/test_attachments.py
    r"|calendar/feed/<slug:secret>"  # a secret, not a number: tests/activities/test_feed.py
    r"|settings/working-days/<str:iso_day>/|start/cards/<slug:key>/"  # days and cards, no records
    r"|<object:declared>/(views/<record:view_id>/save/|filter/<slug:name>/)"  # tests/ui
    r"|quality/review/<record:pending_id>/|quality/queue/<slug:desk>/"  # tests/quality/review
    r"|settings/review-rules/<record:review_rule_id>/"  # tests/attacks/test_doors.py
    r"|settings/duplicates/<record:scenario_rule_id>/"  # tests/attacks/test_doors.py
    r"|settings/double-entry/<record:entry_rule_id>/"  # tests/attacks/test_doors.py
    r"|settings/standards/<record:standard_rule_id>/"  # tests/attacks/test_doors.py
    r"|settings/archive/(runs/)?<record:archive_(rule|run)_id>/"  # tests/attacks/test_doors.py
    r"|quality/duplicates/<record:pair_id>/"  # tests/quality/duplicates/test_desk.py
    r"|quality/profile/<object:declared>/<slug:name>/"  # a field: tests/quality/profiling
    r"|f/<str:token>/"  # a secret, not a number: tests/quality/customer_form
    r"|merges/<record:merge_id>/"  # tests/quality/test_merge_pages.py
    r"|check-file/<record:check_id>/"  # tests/config/test_check_file.py
    r"|notices/<record:notice_id>/"  # tests/notifications/test_notices.py
)
REQUEST_NUMBER = re.compile(
    rb"<code>[0-9a-f]{8,}</code>|csrfmiddlewaretoken\" value=\"\w+\"|[Tt]oken\": \"\w+\""
)


def record_routes() -> list[Route]:
    return [route for route in ui_routes() if set(route.slots) == {"declared", "record_id"}]


def told(answer: HttpResponseBase, number: int) -> bytes:
    """Return what a reader can learn from the answer: all but what was asked and its own number."""
    text = REQUEST_NUMBER.sub(b"", answer.content)  # type: ignore[attr-defined]
    return text.replace(f"/{number}/".encode(), b"/#/")


def attempts(company: Company, declared: ObjectType) -> list[dict[str, Any]]:
    """Return bodies that would succeed on a record of one's own."""
    me = company.zhou.pk
    return [
        {},
        {declared.title: "改名有限公司", "was": "{}", "version": "1"},
        {"owner": "周销售", "owner__pick": f"{me}|周销售", "go": "1", "reason": "mine"},
        {"person": "周销售", "person__pick": f"{me}|周销售", "can_write": "true"},
        {"end": str(me), "go": "1", "reason": "x"},
        {"field": "phone"},
        {"field": declared.title},
    ]


def test_every_address_with_a_number_is_attacked_here() -> None:
    numbered = [one for one in ui_routes() if set(one.slots) - {"declared"}]
    assert len(record_routes()) >= 5
    assert [one.pattern for one in numbered if not KNOWN.match(one.pattern)] == []


def test_a2_a_foreign_record_does_not_exist_on_any_page(
    declared: ObjectType, company: Company
) -> None:
    number = make(declared.key, owner=company.li)
    client = browser_of(company.zhou)
    before = fingerprint()
    for route in record_routes():
        for partial in ({}, {"HX-Request": "true"}):
            for body in attempts(company, declared):
                here, nowhere = (
                    route.address({"declared": declared.path, "record_id": one})
                    for one in (number, 999_999_999)
                )
                for method in (client.get, client.post):
                    foreign = method(here, body, headers=partial)
                    missing = method(nowhere, body, headers=partial)
                    assert foreign.status_code == missing.status_code, here
                    assert foreign.status_code in {404, 405}, (here, foreign.status_code)
                    assert told(foreign, number) == told(missing, 999_999_999)
    assert changed(before, fingerprint()) == []


def test_a2_a_reader_changes_nothing_that_he_may_read(
    declared: ObjectType, company: Company
) -> None:
    """孙审计 sees everything; every page that writes refuses him before it writes."""
    number = make(declared.key, owner=company.li)
    client = browser_of(company.sun)
    assert client.get(f"/{declared.path}/{number}/").status_code == 200
    before = fingerprint()
    for route in record_routes():
        address = route.address({"declared": declared.path, "record_id": number})
        if address.endswith("/star/"):
            continue  # a mark of one's own beside the record, open to every reader
        for body in attempts(company, declared):
            assert client.post(address, body).status_code in {403, 404, 405}, address
    for page in ("new/", "bulk/"):
        for action in ("edit", "transfer", "delete"):
            sent = {"action": action, "ids": str(number), "go": "1", declared.title: "新名字"}
            assert client.post(f"/{declared.path}/{page}", sent).status_code == 403
    assert changed(before, fingerprint()) == []


def test_a2_whoever_may_only_read_a_shared_record_cannot_pass_it_on(company: Company) -> None:
    number = make("account", owner=company.li)
    Collaborator.objects.create(object_key="account", record_id=number, user=company.zhou)
    client = browser_of(company.zhou)
    assert client.get(f"/accounts/{number}/").status_code == 200
    before = fingerprint()
    for page in ("edit/", "delete/", "transfer/", "people/"):
        for body in attempts(company, object_type("account")):
            assert client.post(f"/accounts/{number}/{page}", body).status_code == 403, page
    assert changed(before, fingerprint()) == []


# --- A3: other things that belong to somebody ------------------------------------------------


def test_a3_jobs_of_others_do_not_exist(company: Company) -> None:
    mine = make_all("account", [{}, {}], owner=company.li)
    answer = browser_of(company.li).post(
        "/accounts/bulk/",
        {
            "action": "edit",
            "ids": ",".join(map(str, mine)),
            "field": "level",
            "value": "A",
            "go": "1",
        },
    )
    assert answer.status_code == 200
    job = Job.objects.get()
    stranger, missing = browser_of(company.zhou), job.pk + 1000
    before = fingerprint()
    for page in ("", "cancel/", "retry/"):
        for number in (job.pk, missing):
            assert stranger.get(f"/jobs/{number}/{page}").status_code in {404, 405}
            assert stranger.post(f"/jobs/{number}/{page}").status_code == 404
    assert "level" not in stranger.get("/jobs/").content.decode()
    assert changed(before, fingerprint()) == []


def test_a3_the_bin_of_another_team_is_closed(declared: ObjectType, company: Company) -> None:
    values: dict[str, Any] = {declared.title: "已删除的绝密样板"}
    number = make(declared.key, owner=company.li, **values)
    assert delete_records(SYSTEM, declared, [number], source=TEST).done == [number]
    clients = [browser_of(one) for one in (company.zhou, company.sun, company.zhao)]
    before = fingerprint()
    for client in clients:
        listed = client.get(f"/settings/bin/?object={declared.key}")
        assert "已删除的绝密样板" not in listed.content.decode()
        client.post("/settings/bin/", {"object": declared.key, "ids": str(number)})
    assert changed(before, fingerprint()) == []
    browser_of(company.qian).post("/settings/bin/", {"object": declared.key, "ids": str(number)})
    assert declared.model._default_manager.get(pk=number).deleted_at is None  # type: ignore[attr-defined]


def test_a3_tokens_and_sessions_of_others_cannot_be_ended(company: Company) -> None:
    token, _secret = issue_token(company.li, "mine", ("account:read",), days=1)
    at_home = browser_of(company.li)
    stranger = browser_of(company.zhou)
    assert "mine" not in stranger.get("/settings/tokens/").content.decode()
    assert stranger.post("/settings/tokens/", {"end": str(token.pk)}).status_code == 404
    stranger.post("/settings/sessions/", {"end": "others"})
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None
    assert at_home.get("/accounts/").status_code == 200


# --- A4: many at once --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"action": "edit", "field": "level", "value": "A"},
        {"action": "edit", "field": "note", "value": "taken over"},
        {"action": "delete", "reason": "x"},
        {"action": "transfer", "owner": "周销售", "owner__pick": "{me}|周销售"},
    ],
    ids=lambda body: f"{body['action']}-{body.get('field', '')}",
)
@pytest.mark.parametrize("everything", ["", "1"])
def test_a4_bulk_work_reaches_only_what_the_action_reaches(
    body: dict[str, str], everything: str, company: Company
) -> None:
    """The rule: the question shows how many of them are in reach, and the work does those."""
    mine = make_all("account", [{"level": "C"} for _ in range(3)], owner=company.zhou)
    foreign = make_all("account", [{"level": "C"} for _ in range(3)], owner=company.li, seed=50)
    manager = object_type("account").model._default_manager
    rows = manager.filter(pk__in=foreign).order_by("pk")
    before = list(rows.values())
    sent = {key: value.format(me=company.zhou.pk) for key, value in body.items()}
    sent |= {"ids": ",".join(map(str, [*mine, *foreign])), "all": everything, "state": ""}
    client = browser_of(company.zhou)
    question = client.post("/accounts/bulk/", sent, headers={"HX-Request": "true"})
    if question.status_code == 200:
        assert gettext("%(count)s records") % {"count": 3} in question.content.decode()
    answer = client.post("/accounts/bulk/", {**sent, "go": "1"})
    assert answer.status_code in {200, 403}
    run_worker(once=True)
    assert list(rows.values()) == before
    if answer.status_code == 200 and sent["action"] == "delete":
        assert manager.filter(pk__in=mine, deleted_at=None).count() == 0


def test_a4_rights_taken_away_hold_for_work_already_queued(company: Company) -> None:
    from keqiao.access.directory import deactivate

    mine = make_all("account", [{"level": "C"} for _ in range(2)], owner=company.zhou)
    sent = {
        "action": "edit",
        "field": "level",
        "value": "A",
        "ids": ",".join(map(str, mine)),
        "go": "1",
    }
    assert browser_of(company.zhou).post("/accounts/bulk/", sent).status_code == 200
    deactivate(company.zhou)
    run_worker(once=True)
    levels = object_type("account").model._default_manager.filter(pk__in=mine)
    assert set(levels.values_list("level", flat=True)) == {"C"}
