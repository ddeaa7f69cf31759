"""What holds for every object type when records are written."""

from __future__ import annotations

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature, ObjectType
from keqiao.records.audit import history, verify_chain
from keqiao.records.models import ChangeEntry, Event, SearchEntry
from keqiao.records.present import present
from keqiao.records.query import ListQuery, get_record, records, run_list
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Draft, Rejected, Saved, save_records
from tests.company import SYSTEM, TEST, Company, make, make_all, sample_values, save_one


def test_what_was_saved_is_read_back_the_same(declared: ObjectType, company: Company) -> None:
    values = sample_values(declared)
    record_id = make(declared.key, **values)
    record = get_record(SYSTEM, declared, record_id)
    for name, raw in values.items():
        field = declared.field(name)
        assert field.value(record) == field.kind.clean(raw, field), name


def test_shown_text_can_be_typed_again(declared: ObjectType, company: Company) -> None:
    record_id = make(declared.key)
    for name, field in declared.fields().items():
        value = field.value(get_record(SYSTEM, declared, record_id))
        if field.target or field.kind.key in {"user", "department"} or field.kind.is_empty(value):
            continue
        if field.kind.key == "datetime":
            value = value.replace(second=0, microsecond=0)
        assert field.kind.clean(field.kind.text(value, field), field) == value, name
        assert field.kind.clean(field.kind.wire(value, field), field) == value, name


def test_a_save_leaves_one_line_and_one_event(declared: ObjectType, company: Company) -> None:
    lines, events = ChangeEntry.objects.count(), Event.objects.count()
    record_id = make(declared.key, **sample_values(declared))
    made = list(ChangeEntry.objects.order_by("id")[lines:])
    assert [(line.object_key, line.record_id, line.action) for line in made][-1] == (
        declared.key, record_id, "create",
    )  # fmt: skip
    if Feature.EVENTS in declared.features:
        newest = Event.objects.order_by("id")[events:].last()
        assert newest is not None
        assert (newest.name, newest.record_id) == (f"{declared.key}.created", record_id)
    assert verify_chain().sound


def test_saving_the_same_again_changes_nothing(declared: ObjectType, company: Company) -> None:
    values = sample_values(declared)
    record_id = make(declared.key, **values)
    lines = ChangeEntry.objects.count()
    outcome = save_one(SYSTEM, declared.key, values, record_id=record_id)
    assert isinstance(outcome, Saved), outcome
    assert outcome.changes == {}
    assert outcome.version == 1
    assert ChangeEntry.objects.count() == lines


def test_unknown_and_system_fields_are_refused(declared: ObjectType, company: Company) -> None:
    access = Access.for_user(company.qian)
    record_id = make(declared.key, owner=company.qian)
    before = declared.model._default_manager.values().get(pk=record_id)
    for name in (
        "is_staff",
        "created_by",
        "version",
        "id",
        "updated_by",
        "deleted_at",
        "_state",
        "pk",
    ):
        outcome = save_one(access, declared.key, {name: 1}, record_id=record_id)
        assert isinstance(outcome, Rejected), name
    assert declared.model._default_manager.values().get(pk=record_id) == before


def test_a_deleted_record_is_gone_everywhere_and_comes_back_whole(
    declared: ObjectType, company: Company
) -> None:
    record_id = make(declared.key)
    assert delete_records(SYSTEM, declared, [record_id], source=TEST).done == [record_id]
    assert not records(SYSTEM, declared).filter(pk=record_id).exists()
    assert not SearchEntry.objects.filter(object_key=declared.key, record_id=record_id).exists()
    assert restore_records(SYSTEM, declared, [record_id], source=TEST).done == [record_id]
    assert records(SYSTEM, declared).filter(pk=record_id).exists()
    assert [line.action for line in history(SYSTEM, declared, record_id)][:2] == [
        "restore",
        "delete",
    ]


def test_list_detail_and_record_check_agree_for_every_person(
    declared: ObjectType, company: Company
) -> None:
    ids = [
        *make_all(declared.key, [{}, {}], owner=company.li),
        *make_all(declared.key, [{}], owner=company.zhou, seed=50),
        *make_all(declared.key, [{}], owner=company.wang, seed=90),
    ]
    for user in company.everybody:
        access = Access.for_user(user)
        page = run_list(access, ListQuery(object_type=declared, limit=500))
        listed = {row.id for row in page.rows} & set(ids)
        allowed = {
            pk for pk in ids
            if access.allows(Action.VIEW, declared.model._default_manager.get(pk=pk))
        }  # fmt: skip
        in_memory = {
            pk for pk in ids
            if (row := declared.model._default_manager.get(pk=pk))
            and access.is_in_reach(Action.VIEW, declared, row.owner_id, row.team_id, pk)  # type: ignore[attr-defined]
        }  # fmt: skip
        assert listed == allowed == in_memory, user.username


def test_nobody_changes_what_lies_out_of_reach(declared: ObjectType, company: Company) -> None:
    record_id = make(declared.key, owner=company.zhou)
    before = declared.model._default_manager.values().get(pk=record_id)
    entries = ChangeEntry.objects.count()
    for user in (company.li, company.wang, company.sun, company.zhao):
        access = Access.for_user(user)
        title = declared.title
        outcome = save_one(access, declared.key, {title: "改名"}, record_id=record_id)
        assert isinstance(outcome, Rejected), user.username
        assert outcome.missing
        assert delete_records(access, declared, [record_id], source=TEST).missing == [record_id]
    assert declared.model._default_manager.values().get(pk=record_id) == before
    assert ChangeEntry.objects.count() == entries


def test_masked_and_hidden_values_do_not_leave(declared: ObjectType, company: Company) -> None:
    record_id = make(declared.key)
    access = Access.for_user(company.sun)
    mask = access.fields(declared)
    record = get_record(access, declared, record_id)
    [row] = present(access, declared, [record], tuple(declared.fields()))
    for name, field in declared.fields().items():
        if mask.is_readable(name):
            continue
        value = field.value(record)
        assert row.cells[name].value is None, name
        assert field.kind.text(value, field) not in row.cells[name].text or not value, name


def test_many_drafts_give_the_same_as_one_by_one(declared: ObjectType, company: Company) -> None:
    """The batch form of the write path is the write path."""
    rows = [sample_values(declared, seed) for seed in range(300, 306)]
    rows.append({declared.title: ""})
    drafts = [Draft(dict(row)) for row in rows]
    together = save_records(
        SYSTEM, declared, drafts, source=TEST, dry_run=True, allow_duplicates=True
    )
    alone = [
        save_records(SYSTEM, declared, [Draft(dict(row))], source=TEST, dry_run=True,
                     allow_duplicates=True)[0]
        for row in rows
    ]  # fmt: skip
    assert [type(one) for one in together] == [type(one) for one in alone]
    assert [getattr(one, "repairs", None) for one in together] == [
        getattr(one, "repairs", None) for one in alone
    ]


def test_query_count_does_not_grow_with_rows(
    declared: ObjectType, company: Company, django_assert_max_num_queries: object
) -> None:
    make_all(declared.key, [{} for _number in range(12)], owner=company.li)
    access = Access.for_user(company.li)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        small = run_list(access, ListQuery(object_type=declared, limit=3))
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        large = run_list(access, ListQuery(object_type=declared, limit=12))
    assert len(small.rows) == 3
    assert len(large.rows) == 12


def test_every_quick_filter_is_answered_by_an_index(declared: ObjectType) -> None:
    leading = {index.fields[0] for index in declared.model._meta.indexes}
    assert set(declared.list.quick_filters) <= leading
