"""What programs rely on: create, read, change, delete and list, with versions and problems."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.models import ChangeEntry
from tests.api.conftest import Program
from tests.company import Company, make, make_all, sample_values

NAME = "苏州博远精密机械有限公司"


def keys() -> list[str]:
    return [declared.key for declared in object_types() if Feature.API in declared.features]


def test_a_record_makes_the_round_trip(li: Program) -> None:
    made = li.post(
        "accounts", {"name": NAME, "phone": "１３８００１３８０００", "region": "江苏省苏州市"}
    )
    assert made.status_code == 201, made.content
    assert made.json()["phone"] == "+8613800138000"
    assert made.json()["region"] == "320500"
    assert made.json()["_repairs"].keys() >= {"phone"}
    assert made.headers["Location"] == f"/api/v1/accounts/{made.json()['id']}"
    read = li.get(made.headers["Location"])
    assert read.status_code == 200
    assert read.headers["ETag"] == made.headers["ETag"] == '"v1"'
    assert {**read.json(), "_repairs": 0} == {**made.json(), "_repairs": 0}
    line = ChangeEntry.objects.get(object_key="account", record_id=made.json()["id"])
    assert (line.source, line.request_id) == ("api", made.headers["X-Request-ID"])
    assert li.user.name in line.actor_name


@pytest.mark.parametrize("key", keys())
def test_every_object_type_takes_what_it_gives(key: str, qian: Program) -> None:
    """All fields of a sample, sent as the API returns them, are accepted and come back the same."""
    declared = object_type(key)
    first = qian.get(f"{declared.path}/{make(key, owner=qian.user)}").json()
    writable = {
        name: first[name]
        for name, field in declared.fields().items()
        if not field.read_only and name in first and name not in first.get("_masked", {})
    }
    again = qian.post(f"{declared.path}?allow_duplicates=true", writable)
    if again.status_code == 409:  # a key that may never repeat, such as a registration number
        fields = {entry["field"] for entry in again.json()["candidates"]}
        writable = {name: value for name, value in writable.items() if name not in fields}
        again = qian.post(f"{declared.path}?allow_duplicates=true", writable)
    assert again.status_code == 201, again.content
    assert {name: again.json()[name] for name in writable} == writable


def test_unknown_fields_are_refused_by_name(li: Program) -> None:
    answer = li.post("accounts", {"name": NAME, "nmae": "x"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert [(entry["field"], entry["code"]) for entry in problem["errors"]] == [
        ("nmae", "unknown_field")
    ]
    assert problem["request_id"] == answer.headers["X-Request-ID"]


def test_each_wrong_value_is_named_in_one_answer(li: Program) -> None:
    answer = li.post("accounts", {"name": "", "phone": "12", "email": "no", "uscc": "x"})
    assert answer.status_code == 422
    assert {entry["field"] for entry in answer.json()["errors"]} >= {"phone", "email", "uscc"}


def test_titles_follow_the_language(li: Program) -> None:
    chinese = li.get("nothing", Accept_Language="zh-CN")
    english = li.get("nothing", Accept_Language="en")
    assert english.json()["title"] == "There is no such record"
    assert chinese.status_code == english.status_code == 404


def test_a_change_needs_a_version(li: Program) -> None:
    number = make("account", owner=li.user)
    assert li.patch(f"accounts/{number}", {"level": "A"}).status_code == 428
    good = li.patch(f"accounts/{number}", {"level": "A"}, If_Match='"v1"')
    assert (good.status_code, good.headers["ETag"]) == (200, '"v2"')
    assert li.patch(f"accounts/{number}", {"level": "B"}, If_Match="*").status_code == 200


def test_a_stale_change_is_refused_with_both_values(li: Program, qian: Program) -> None:
    number = make("account", owner=li.user, note="alt")
    assert qian.patch(f"accounts/{number}", {"note": "theirs"}, If_Match='"v1"').status_code == 200
    for address, headers, status in (
        (f"accounts/{number}", {"If_Match": '"v1"'}, 412),
        (f"accounts/{number}?base_version=1", {}, 409),
    ):
        answer = li.patch(address, {"note": "mine"}, **headers)
        assert answer.status_code == status
        assert answer.json()["current_version"] == 2
        [field] = answer.json()["conflicts"]
        assert (field["field"], field["mine"], field["theirs"]) == ("note", "mine", "theirs")
    assert li.get(f"accounts/{number}").json()["note"] == "theirs"


def test_if_match_is_strict_and_base_version_merges(li: Program, qian: Program) -> None:
    number = make("account", owner=li.user, note="old")
    qian.patch(f"accounts/{number}", {"note": "new"}, If_Match='"v1"')
    assert li.patch(f"accounts/{number}", {"level": "A"}, If_Match='"v1"').status_code == 412
    merged = li.patch(f"accounts/{number}?base_version=1", {"level": "A"})
    assert merged.status_code == 200
    assert (merged.json()["note"], merged.json()["level"]) == ("new", "A")


def test_an_unchanged_record_is_not_sent_again(li: Program) -> None:
    number = make("account", owner=li.user)
    assert li.get(f"accounts/{number}", If_None_Match='"v1"').status_code == 304
    assert li.get(f"accounts/{number}?fields=name", If_None_Match='"v1"').status_code == 200
    assert li.get(f"accounts/{number}", If_None_Match='"v9"').status_code == 200


def test_delete_goes_to_the_bin_and_spares_what_is_needed(li: Program) -> None:
    number = make("account", owner=li.user)
    contact = make("contact", owner=li.user, account=number)
    assert li.delete(f"accounts/{number}", If_Match='"v9"').status_code == 412
    if object_type("contact").field("account").required:
        assert li.delete(f"accounts/{number}").json()["code"] == "in_use"
        assert li.delete(f"contacts/{contact}").status_code == 204
    assert li.delete(f"accounts/{number}").status_code == 204
    assert li.get(f"accounts/{number}").status_code == 404
    assert object_type("account").model._default_manager.get(pk=number).deleted_at is not None


def test_duplicates_are_named_and_can_be_accepted(li: Program, company: Company) -> None:
    make("account", owner=company.zhou, name="成都锦江餐饮有限公司", phone="028-88886666")
    answer = li.post("accounts", {"name": "成都锦江餐饮有限公司"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate"
    [candidate] = answer.json()["candidates"]
    assert (candidate["id"], candidate["title"]) == (None, None)
    assert candidate["field"] == "name"
    accepted = li.post("accounts?allow_duplicates=true", {"name": "成都锦江餐饮有限公司"})
    assert accepted.status_code == 201


def test_a_list_can_be_walked_to_its_end_in_both_directions(li: Program) -> None:
    made = set(make_all("account", [{} for _ in range(23)], owner=li.user))
    seen: list[int] = []
    cursor = previous = ""
    while True:
        page = li.get(f"accounts?limit=5&sort=name&fields=name{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor, previous = f"&cursor={page['next_cursor']}", page["previous_cursor"]
    assert set(seen) == made
    assert len(seen) == len(made)
    last_but_one = li.get(f"accounts?limit=5&sort=name&fields=name&cursor={previous}").json()
    assert [item["id"] for item in last_but_one["items"]] == seen[10:15]


def test_lists_filter_by_both_forms_and_count_on_request(li: Program) -> None:
    make_all(
        "account",
        [{"level": "A", "region": "320505"}, {"level": "B", "region": "320505"}, {"level": "A"}],
        owner=li.user,
    )
    where = li.get("accounts?where=level:equals:A&where=region:within:320500&count=true").json()
    assert (len(where["items"]), where["count"], where["count_capped"]) == (1, 1, False)
    tree = '{"any":[{"field":"level","operator":"equals","value":"A"}]}'
    both = li.get(f"accounts?filter={tree}&where=region:within:320000").json()
    assert len(both["items"]) == 1
    assert "count" not in both


def test_a_count_that_was_given_up_is_null_and_not_left_out(
    li: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_all("account", [{}, {}, {}], owner=li.user)
    monkeypatch.setattr("keqiao.records.query.capped_count", lambda *_given, **_more: (None, False))
    page = li.get("accounts?count=true").json()
    assert {"count", "count_capped"} <= page.keys()
    assert (page["count"], page["count_capped"]) == (None, False)
    monkeypatch.undo()
    monkeypatch.setattr("keqiao.records.counting.COUNT_CAP", 2)
    page = li.get("accounts?count=true").json()
    assert (page["count"], page["count_capped"]) == (2, True)


def test_fields_reach_into_the_linked_record(li: Program) -> None:
    account = make("account", owner=li.user, name=NAME)
    number = make("contact", owner=li.user, account=account)
    data = li.get(f"contacts/{number}?fields=name,account,account.name").json()
    assert set(data) == {"id", "version", "name", "account", "account.name"}
    assert (data["account"], data["account.name"]) == (account, NAME)


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("accounts?limit=0", 400, "limit"),
        ("accounts?limit=201", 400, "limit"),
        ("accounts?limit=٣", 400, "limit"),
        ("accounts?filtr=x", 422, "filtr"),
        ("accounts?sort=name&sort=id", 400, "sort"),
        ("accounts?count=maybe", 400, "count"),
        ("accounts?fields=name,nope", 422, "nope"),
        ("accounts?cursor=abc", 422, "cursor"),
        ("accounts?where=level", 422, "filter"),
        ("accounts?filter={", 422, "filter"),
        ("accounts/999999", 404, "not_found"),
        ("nothings", 404, "not_found"),
    ],
)
def test_wrong_questions_get_a_clear_answer(
    address: str, status: int, word: str, li: Program
) -> None:
    answer = li.get(address)
    assert answer.status_code == status, answer.content
    assert word in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("{}", "text/plain", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"name": "\\ud800"}', "application/json", None),
        ("[" * 100_000, "application/json", 400),
        ("\xff".encode("latin-1"), "application/json", 400),
    ],
)
def test_bodies_that_are_not_json_objects_are_refused(
    body: Any, media: str, status: int | None, li: Program
) -> None:
    answer = li.client.generic(
        "POST",
        "/api/v1/accounts",
        body,
        content_type=media,
        headers={"Authorization": f"Bearer {li.secret}"},
    )
    assert answer.status_code == status if status else 400 <= answer.status_code < 500


def test_a_body_that_is_too_large_is_refused_before_it_is_read(li: Program) -> None:
    answer = li.post("accounts", {"name": "x" * 9_000_000}, Idempotency_Key="large")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_methods_are_named(li: Program) -> None:
    answer = li.call("PUT", "accounts")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert li.call("OPTIONS", "accounts/1").headers["Allow"].startswith("GET")


def test_rate_limit_is_told_and_kept(li: Program, settings: Any) -> None:
    settings.KEQIAO_API_PER_MINUTE = 2
    first = li.get("accounts")
    assert first.headers["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert ";r=1;" in first.headers["RateLimit"].replace('"minute"', "")
    answers = [li.get("accounts").status_code for _ in range(3)]
    assert 429 in answers
    refused = li.get("accounts")
    assert refused.status_code in {200, 429}
    if refused.status_code == 429:
        assert int(refused.headers["Retry-After"]) <= 60


def test_samples_of_every_type_fit_the_described_schema(qian: Program) -> None:
    """The description names every field that the answer has, and no other."""
    document = qian.get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for key in keys():
        declared = object_type(key)
        name = "".join(part.capitalize() for part in key.split("_"))
        described = set(document["components"]["schemas"][name]["properties"])
        record = qian.get(f"{declared.path}/{make(key, **sample_values(declared))}").json()
        assert set(record) <= described
        assert described - set(record) <= {"_masked", "_repairs", "_hints"}
