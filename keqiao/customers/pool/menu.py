"""Where the pool is found: the menus, the settings, the command box, the open record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.base.clock import today
from keqiao.customers.pool.actions import may_release
from keqiao.customers.pool.known import is_administrator, known, pools_of
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.release import may_lock, pools_to_release_into
from keqiao.customers.pool.release_many import release_many_page
from keqiao.ui.bulk_actions import BulkAction, register_bulk_action
from keqiao.ui.commands import Command, register_command
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.record_commands import OpenRecord, RecordCommand, register_record_command
from keqiao.ui.record_parts import OpenedRecord, RecordPanel, register_record_panel
from keqiao.ui.screens import register_guide
from keqiao.ui.settings.menu import DATA, SettingsEntry, register_settings

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

NOTED_DAYS = 14  # a return that is nearer is told on the record's page


def register() -> None:
    register_guide("pool", "pool/")
    register_guide("pool", "settings/pools/")
    register_entry(
        MenuEntry(
            "pool", _("Pool"), "pool", "/pool/", group=_("Customers"), order=90,
            is_visible=lambda access: bool(pools_of(access)),
        )
    )  # fmt: skip
    register_settings(
        SettingsEntry(
            "pools", _("Pools and capacity"), "pool", DATA, "/settings/pools/", order=24,
            may_open=runs_a_pool,
        )
    )  # fmt: skip
    register_command(
        Command(
            _("Returning to the pool"), "/pool/forecast/", "clock", "公海 退回 待进入公海",
            is_visible=lambda access: bool(known().pools),
        )
    )  # fmt: skip
    register_bulk_action(
        BulkAction(
            "pool", _("Return to the pool"), "pool", Action.CHANGE, release_many_page,
            is_offered=_has_pool, order=50,
        )
    )  # fmt: skip
    register_record_panel(
        RecordPanel(
            "pool", "customers/pool/panel.html", _pool_note, "left", order=30,
            is_for=lambda _access, declared: can_be_pooled(declared), in_side_panel=True,
        )
    )  # fmt: skip
    register_record_command(
        RecordCommand(
            "pool", _("Return to the pool"), "pool", "pool/", Action.CHANGE, "release 退回 公海",
            in_dialog=True, order=35, is_offered=_can_release,
        )
    )  # fmt: skip
    register_record_command(
        RecordCommand(
            "pool-lock", _("Lock against return"), "lock", "lock/", Action.VIEW, "lock 锁定 公海",
            in_dialog=True, order=36, is_offered=_can_lock,
        )
    )  # fmt: skip


def runs_a_pool(access: Access) -> bool:
    if access.is_administrator:
        return True
    return any(is_administrator(access, pool) for pool in known().pools.values())


def _pool_note(opened: OpenedRecord) -> dict[str, Any] | None:
    """Return what the page of a record says about the pool: in one, returning soon, or locked."""
    record: Any = opened.record
    pool = known().pools.get(record.pool_id or 0)
    if pool is not None:
        return {"pool": pool, "url": f"/pool/{pool.pk}/{record.pk}/"}
    if not opened.access.fields(opened.declared).is_readable("returns_on"):
        return None
    if record.pool_locked and known().pools:
        return {"is_locked": True}
    if record.returns_on is None or record.returns_on > today() + timedelta(days=NOTED_DAYS):
        return None
    return {"returns_on": record.returns_on, "is_near": record.returns_on <= today() + timedelta(1)}


def _has_pool(access: Access, declared: ObjectType) -> bool:
    return can_be_pooled(declared) and bool(pools_to_release_into(access, declared))


def _can_release(open_record: OpenRecord) -> bool:
    return may_release(open_record.access, open_record.declared, open_record.record)


def _can_lock(open_record: OpenRecord) -> bool:
    record, declared = open_record.record, open_record.declared
    return can_be_pooled(declared) and may_lock(open_record.access, declared, record.owner_id)  # type: ignore[attr-defined]
