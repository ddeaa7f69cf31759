"""A list comes in through the write path: checked first, each row once, and can be taken back."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.db import OperationalError
from openpyxl import load_workbook

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import Role
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.registry import object_type
from keqiao.customers.account import Account
from keqiao.customers.contact import Contact
from keqiao.customers.demo_sample import sample_file
from keqiao.importing import running
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.models import ImportMapping, ImportRow, RunState
from keqiao.importing.report import write_error_file
from keqiao.importing.reverting import revert_run
from keqiao.importing.running import (
    ImportForbidden,
    RunMovedOn,
    check_plan,
    edit_cell,
    leave_out,
)
from keqiao.importing.store import import_path
from keqiao.jobs.problems import JobCancelled
from keqiao.records.audit import history, verify_chain
from keqiao.records.models import ChangeEntry
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make, save_one
from tests.importing.helpers import (
    adds_up,
    check,
    execute,
    forget,
    problems,
    quiet,
    states,
    upload,
    upload_file,
)

LIST = """客户名称,手机,统一社会信用代码,级别,备注
苏州博远精密机械有限公司,138 0013 8000,,A类,老客户
上海远图科技有限公司,１３９００１３９０００,,B,
苏州博远精密机械公司,+86 13800138000,,C,再次录入
,13700137000,,A,没有名称
深圳明达电子有限公司,1370013,,B,电话少位
广州恒通贸易有限公司,,91320505MA1MABCD1X,C,代码错
杭州云启软件有限公司,13600136000,,特级,级别错
"""


def live(**values: object) -> int:
    return Account.objects.filter(deleted_at=None, **values).count()


def test_check_writes_nothing_and_tells_what_the_run_then_does(company: Company) -> None:
    access = Access.for_user(company.li)
    run = check(upload(access, LIST))
    assert (run.state, run.is_dry) == (RunState.CHECKED, True)
    assert live() == 0
    assert ChangeEntry.objects.count() == 0
    counts = run.counts()
    expected = {
        2: "created", 3: "created", 4: "duplicate", 5: "rejected", 6: "rejected", 7: "rejected",
        8: "rejected",
    }  # fmt: skip
    assert states(run) == expected
    assert [problems(run, n) for n in (4, 5, 6, 7, 8)] == [
        [("phone", "repeated")], [("name", "required")], [("phone", "too_short")],
        [("uscc", "check_digit")], [("level", "choice")],
    ]  # fmt: skip
    assert counts == {
        "rows_read": 7, "created": 2, "updated": 0, "duplicates": 1, "rejected": 4, "repaired": 2,
    }  # fmt: skip
    done = execute(run)
    assert done.counts() == counts
    assert states(done) == expected
    assert (done.state, done.is_dry) == (RunState.DONE, False)
    first = Account.objects.get(name="苏州博远精密机械有限公司")
    assert (first.phone, first.level, first.owner_id) == ("+8613800138000", "A", company.li.pk)
    assert history(access, object_type("account"), first.pk)[0].source == "import"
    assert verify_chain().sound


def test_sample_list_comes_in_with_the_counts_it_was_made_with(
    company: Company, tmp_path: Path
) -> None:
    path = tmp_path / "样表.xlsx"
    expected = sample_file(path, rows=150, seed=11)
    run = execute(check(upload_file(SYSTEM, path)))
    told = run.counts()
    assert told["rows_read"] == expected.rows_read == 150
    assert (told["created"], told["duplicates"], told["rejected"]) == (
        expected.created, expected.duplicates, expected.rejected,
    )  # fmt: skip
    assert adds_up(run)
    assert live() == expected.created


def test_repeats_across_batches_are_found_by_the_check_as_by_the_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 3)
    rows = [f"客户{n}号有限公司,138001380{n % 7:02}" for n in range(20)]
    run = check(upload(SYSTEM, "客户名称,手机\n" + "\n".join(rows)))
    assert (run.created, run.duplicates) == (7, 13)
    assert problems(run, 9 + 1) == [("phone", "repeated")]
    done = execute(run)
    assert (done.created, done.duplicates) == (7, 13)


def test_update_by_key_changes_only_what_the_list_fills(company: Company) -> None:
    kept = make("account", owner=company.li, seed=5, name="苏州博远精密机械有限公司",
                phone="0512-62881234", note="旧备注", level="C")  # fmt: skip
    other = make("account", owner=company.zhou, seed=6, name="成都远山科技有限公司")
    text = (
        "客户名称,级别,备注\n苏州博远精密机械有限公司,A,\n成都远山科技有限公司,A,\n"
        "从未见过有限公司,B,\n,B,\n苏州博远精密机械有限公司,B,又一次\n"
    )
    run = upload(Access.for_user(company.li), text, mode="update", key_field="name")
    checked = check(run)
    done = execute(run)
    assert checked.counts() == done.counts()
    assert states(done) == {
        2: "updated", 3: "rejected", 4: "rejected", 5: "rejected", 6: "duplicate",
    }  # fmt: skip
    assert [problems(done, n)[0][1] for n in (3, 4, 5, 6)] == [
        "no_match", "no_match", "no_key", "repeated",
    ]  # fmt: skip
    assert adds_up(done)
    account = Account.objects.get(pk=kept)
    assert (account.level, account.note, account.phone) == ("A", "旧备注", "+8651262881234")
    assert Account.objects.get(pk=other).level != "A" or Account.objects.get(pk=other).version == 1


def test_both_updates_what_exists_and_creates_the_rest(company: Company) -> None:
    known = make("account", owner=company.li, seed=5, phone="0512-62881234", level="C")
    text = "名称,电话,级别\n博远,０５１２　６２８８１２３４,A\n远图信息,0512-62885678,B\n无电话公司,,C\n"
    run = execute(upload(Access.for_user(company.li), text, mode="both", key_field="phone"))
    assert states(run) == {2: "updated", 3: "created", 4: "created"}
    account = Account.objects.get(pk=known)
    assert (account.name, account.level, account.version) == ("博远", "A", 2)


def test_own_number_is_a_key_and_never_written(company: Company) -> None:
    known = make("account", owner=company.li, seed=5, level="C")
    number = Account.objects.get(pk=known).number
    run = upload(
        Access.for_user(company.li),
        f"客户编号,级别\n{number},A\nK-999999,B\n",
        mode="update",
        key_field="number",
    )
    assert states(execute(run)) == {2: "updated", 3: "rejected"}
    account = Account.objects.get(pk=known)
    assert (account.level, account.number) == ("A", number)


def test_names_of_links_are_resolved_and_unreachable_ones_refused_alike(company: Company) -> None:
    make("account", owner=company.li, seed=1, name="苏州博远精密机械有限公司")
    make("account", owner=company.zhou, seed=2, name="成都远山科技有限公司")
    text = (
        "姓名,客户名称,手机\n张三,苏州博远精密机械有限公司,13800138001\n"
        "李四,成都远山科技有限公司,13800138002\n王五,并不存在有限公司,13800138003\n"
    )
    run = execute(upload(Access.for_user(company.li), text, "contact"))
    assert states(run) == {2: "created", 3: "rejected", 4: "rejected"}
    hidden, missing = (ImportRow.objects.get(run=run, number=n).problem_list() for n in (3, 4))
    assert hidden[0]["message"].replace("成都远山科技", "X") == missing[0]["message"].replace(
        "并不存在", "X"
    )
    assert Contact.objects.get(name="张三").account_id is not None


def test_parents_further_down_the_list_are_linked(company: Company) -> None:
    text = "客户名称,上级客户\n孙公司,子公司\n子公司,母公司\n母公司,\n孤儿公司,不存在公司\n"
    run = check(upload(SYSTEM, text))
    assert run.counts()["created"] == 3
    done = execute(run)
    assert states(done) == {2: "created", 3: "created", 4: "created", 5: "rejected"}
    assert Account.objects.get(name="孙公司").parent.name == "子公司"
    assert adds_up(done)


def test_cells_are_corrected_in_place_one_or_all_alike(company: Company) -> None:
    text = "客户名称,级别\n" + "".join(f"客户{n}号,特级\n" for n in range(5)) + "别家,顶级\n"
    run = check(upload(SYSTEM, text))
    assert run.rejected == 6
    row = ImportRow.objects.get(run=run, number=2)
    assert edit_cell(run, row, 1, "A", everywhere=True) == 5
    run.refresh_from_db()
    assert (run.created, run.rejected) == (5, 1)
    assert edit_cell(run, ImportRow.objects.get(run=run, number=7), 1, "不行") == 1
    assert problems(run, 7) == [("level", "choice")]
    leave_out(run, [ImportRow.objects.get(run=run, number=7)])
    done = execute(run)
    assert (done.rows_read, done.created, done.rejected) == (5, 5, 0)
    assert live(level="A") == 5


def test_error_file_names_the_reasons_and_comes_in_after_correction(
    company: Company, tmp_path: Path
) -> None:
    run = execute(upload(SYSTEM, LIST))
    path = tmp_path / "errors.xlsx"
    assert write_error_file(run, path) == 5
    sheet = load_workbook(path).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][3:] == ("客户名称", "手机", "统一社会信用代码", "级别", "备注")
    assert [row[0] for row in rows[1:]] == [4, 5, 6, 7, 8]
    assert all(len(row[2]) > 5 for row in rows[1:])
    again = upload_file(SYSTEM, path)
    assert {again.mapping[str(c["index"])] for c in again.columns if c["header"] in rows[0][3:]} == {
        "name", "phone", "uscc", "level", "note",
    }  # fmt: skip


def test_revert_takes_back_what_nobody_touched_and_reports_the_rest(company: Company) -> None:
    access = Access.for_user(company.li)
    old = make("account", owner=company.li, seed=5, name="老客户有限公司", level="C", note="旧")
    late = make("account", owner=company.li, seed=6, name="后改有限公司", level="C", note="旧")
    text = (
        "客户名称,级别,备注\n老客户有限公司,A,新\n后改有限公司,A,新\n"
        "新建一有限公司,B,\n新建二有限公司,B,\n"
    )
    run = execute(upload(access, text, mode="both", key_field="name"))
    assert (run.created, run.updated) == (2, 2)
    save_one(access, "account", {"level": "B"}, record_id=late)
    second = Account.objects.get(name="新建二有限公司")
    save_one(access, "account", {"note": "已跟进"}, record_id=second.pk)
    done = revert_run(run.pk, company.li.pk, quiet)
    assert done.state == RunState.REVERTED
    account = Account.objects.get(pk=old)
    assert (account.level, account.note) == ("C", "旧")
    changed = Account.objects.get(pk=late)
    assert (changed.level, changed.note) == ("B", "旧")
    assert live(name="新建一有限公司") == 0
    assert live(name="新建二有限公司") == 1
    assert sorted(conflict["row"] for conflict in done.conflicts) == [3, 5]
    assert history(access, object_type("account"), old)[0].action == "revert"
    assert revert_run(run.pk, company.li.pk, quiet).conflicts == done.conflicts


def test_mapping_is_remembered_for_the_same_source(company: Company) -> None:
    access = Access.for_user(company.li)
    run = upload(access, "公司,颜色\n甲方有限公司,红\n")
    run.mapping["1"] = "note"
    run.mode, run.key_field = "both", "name"
    run.save()
    execute(run)
    assert ImportMapping.objects.count() == 1
    again = upload(access, "颜色,公司\n绿,乙方有限公司\n")
    assert again.mapping == {"0": "note", "1": "name"}
    assert (again.mode, again.key_field) == ("both", "name")


def test_file_changed_after_the_preview_is_refused_before_any_row(company: Company) -> None:
    run = check(upload(SYSTEM, LIST))
    import_path(run.stored_name).write_text(LIST.replace("老客户", "被改过"))
    with pytest.raises(FileProblem) as problem:
        execute(run)
    assert problem.value.code == "changed"
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    assert run.problem
    assert live() == 0


def test_cancelled_import_keeps_what_came_in_and_goes_on_later(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 4)
    rows = "".join(f"客户{n}号有限公司\n" for n in range(20))
    run = upload(SYSTEM, f"客户名称\n{rows}")

    def cancel(done: int, total: int) -> None:
        if done >= 8:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        running.execute_run(run.pk, cancel, forget)
    run.refresh_from_db()
    assert (run.state, run.created, live()) == (RunState.STOPPED, 8, 8)
    done = execute(run)
    assert (done.state, done.created, live()) == (RunState.DONE, 20, 20)


def test_full_disk_stops_with_a_sentence_and_goes_on_when_there_is_room(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 4)
    run = upload(SYSTEM, "客户名称\n" + "".join(f"客户{n}号有限公司\n" for n in range(12)))
    calls = []

    def full(state: dict[str, object]) -> None:
        calls.append(state)
        if len(calls) == 2:
            raise OperationalError("database or disk is full")

    with pytest.raises(FileProblem) as problem:
        running.execute_run(run.pk, quiet, full)
    assert problem.value.code == "disk_full"
    run.refresh_from_db()
    assert (run.state, run.created, live()) == (RunState.STOPPED, 4, 4)
    assert execute(run).created == live() == 12


def test_full_disk_at_upload_is_told_and_leaves_no_file(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> object:
        yield b"name\n"
        raise OSError(errno.ENOSPC, "No space left on device")

    from keqiao.importing.starting import start_import
    from keqiao.importing.store import folder

    before = set(folder("imports").iterdir())
    with pytest.raises(FileProblem) as problem:
        start_import(SYSTEM, object_type("account"), "a.csv", broken())  # type: ignore[arg-type]
    assert problem.value.code == "disk_full"
    assert set(folder("imports").iterdir()) == before


def test_rights_are_those_of_the_moment_of_the_run(company: Company) -> None:
    access = Access.for_user(company.li)
    run = check(upload(access, LIST))
    set_right(Role.objects.get(key="sales"), "account", Action.IMPORT, Level.NONE)
    with pytest.raises(ImportForbidden):
        execute(run)
    assert live() == 0
    with pytest.raises(ImportForbidden):
        upload(Access.for_user(company.li), LIST)
    with pytest.raises(ImportForbidden):
        upload(Access.for_user(company.sun), LIST)


def test_an_import_ends_with_the_person_it_runs_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 4)
    rows = "".join(f"客户{n}号有限公司\n" for n in range(12))
    run = upload(Access.for_user(company.li), f"客户名称\n{rows}")
    with pytest.raises(ImportForbidden):
        running.execute_run(run.pk, lambda done, total: deactivate(company.li), forget)
    run.refresh_from_db()
    assert (run.state, run.created, live()) == (RunState.STOPPED, 4, 4)


def test_revert_puts_back_exactly_what_stood_there(company: Company) -> None:
    declared = object_type("account")
    exact = {
        add_custom_field(declared, {"label": label, "kind": kind}).key: before
        for label, kind, before in (
            ("折扣", "percent", "12345.67%"),
            ("签约时间", "datetime", "2026-01-02 10:30:45"),
            ("分组", "tags", ["甲,乙", "丙"]),
            ("会员", "boolean", True),
        )
    }
    record_id = make("account", owner=company.li, seed=5, name="老客户有限公司", **exact)
    before = get_record(SYSTEM, declared, record_id).custom  # type: ignore[attr-defined]
    access = Access.for_user(company.li)
    text = "客户名称,折扣,签约时间,分组,会员\n老客户有限公司,5%,2026-05-05 08:00,丁,否\n"
    run = execute(upload(access, text, mode="update", key_field="name"))
    assert run.updated == 1
    assert get_record(SYSTEM, declared, record_id).custom != before  # type: ignore[attr-defined]
    assert revert_run(run.pk, company.li.pk, quiet).conflicts == []
    assert get_record(SYSTEM, declared, record_id).custom == before  # type: ignore[attr-defined]


def test_old_jobs_started_again_harm_no_later_step(company: Company) -> None:
    run = execute(check(upload(SYSTEM, LIST)))
    with pytest.raises(RunMovedOn):
        check(run)
    made = live()
    assert made == run.created > 0
    assert revert_run(run.pk, None, quiet).state == RunState.REVERTED
    with pytest.raises(RunMovedOn):
        execute(run)
    assert live() == 0
    run.refresh_from_db()
    assert run.state == RunState.REVERTED


def test_two_rows_for_one_record_are_used_once(company: Company) -> None:
    record_id = make(
        "contact", owner=company.li, name="王一", phone="13800138000", more_phones=["13800138001"]
    )
    text = "姓名,手机,备注\n王一,13800138000,甲\n王一,13800138001,乙\n"
    run = execute(upload(SYSTEM, text, "contact", mode="update", key_field="phone"))
    assert (run.updated, run.rejected) == (1, 1)
    assert get_record(SYSTEM, object_type("contact"), record_id).note == "甲"  # type: ignore[attr-defined]


def test_a_file_name_in_another_encoding_is_no_obstacle(company: Company) -> None:
    name = "客户.csv".encode("gb18030").decode("utf-8", "surrogateescape")
    run = execute(upload(SYSTEM, LIST, name=name))
    assert run.created
    assert run.file_name.endswith(".csv")


def test_fields_out_of_reach_are_neither_offered_nor_written(company: Company) -> None:
    set_field_right(Role.objects.get(key="sales"), "account", "level", Right.READ)
    set_field_right(Role.objects.get(key="sales"), "account", "note", Right.HIDDEN)
    run = upload(Access.for_user(company.li), LIST)
    assert sorted(run.mapping.values()) == ["name", "phone", "uscc"]
    run.mapping |= {"3": "level", "4": "note"}
    run.save()
    done = execute(run)
    assert done.created == 0
    assert {code for _field, code in problems(done, 2)} == {"forbidden_field", "unknown_field"}


def test_unreadable_and_rounded_cells_are_errors_of_their_row(company: Company) -> None:
    data = "客户名称,税号\n".encode() + b"\xe8\x8b\x8f\xed\xa0\x80\xe5\xb7\x9e\xe5\x8d\x9a,\n"
    data += "上海远\0图,\n".encode() + "\u202e客户\u200b三号,\n".encode()
    run = execute(upload(SYSTEM, data + "客户名称,\n".encode() * 0))
    assert problems(run, 2) == [("name", "unreadable")]
    assert sorted(Account.objects.values_list("name", flat=True)) == ["上海远图", "客户三号"]


def test_plan_says_what_is_missing(company: Company) -> None:
    declared = object_type("account")
    run = upload(SYSTEM, LIST)
    assert check_plan(SYSTEM, run, declared) == ""
    run.mapping = {}
    assert check_plan(SYSTEM, run, declared)
    run.mapping = {"1": "phone"}
    assert check_plan(SYSTEM, run, declared)
    run.mapping = {"0": "name", "1": "name"}
    assert check_plan(SYSTEM, run, declared)
    run.mapping, run.mode = {"0": "name"}, "update"
    assert check_plan(SYSTEM, run, declared)
    run.key_field = "name"
    assert check_plan(SYSTEM, run, declared) == ""
    run.mapping, run.key_field = {"0": "name", "3": "level"}, "level"
    assert check_plan(SYSTEM, run, declared), "a level names no single record"
