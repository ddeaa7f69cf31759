"""The pool for programs: claim a pooled record, or return one of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.api import parameters
from keqiao.api.problems import ApiProblem
from keqiao.api.reading import json_response, record_data
from keqiao.api.verbs import RecordVerb, register_record_verb
from keqiao.api.writing import source_of
from keqiao.customers.pool.claim import claim
from keqiao.customers.pool.known import lens_of, pools_of
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.customers.pool.release import pools_to_release_into, release
from keqiao.records.query import RecordNotFound, get_record, records

if TYPE_CHECKING:
    from django.http import HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool

FORBIDDEN = frozenset({"forbidden", "not_a_member"})


def register() -> None:
    register_record_verb(RecordVerb("claim", "Claim from the pool", _claim, can_be_pooled))
    register_record_verb(
        RecordVerb(
            "release",
            "Return to the pool",
            _release,
            can_be_pooled,
            {
                "pool": {"type": "integer", "description": "id of the pool; else the first one"},
                "reason": {"type": "string", "maxLength": 200},
            },
        )
    )


def _claim(
    access: Access, declared: ObjectType, record_id: int, _given: dict[str, Any]
) -> HttpResponse:
    pool = _pool_of(access, declared, record_id)
    try:
        moved = claim(access, pool, [record_id], source=source_of(access))
    except PoolRefusal as refusal:
        raise _refused(refusal) from None
    if moved.refused:
        raise ApiProblem("refused", moved.refused[record_id], reason="not_claimable")
    paths = parameters.readable_fields(access, declared)
    return json_response(record_data(access, declared, record_id, paths))


def _pool_of(access: Access, declared: ObjectType, record_id: int) -> Pool:
    """Return the pool of this caller in which the record lies; no other record is told of."""
    for pool in pools_of(access, declared):
        try:
            get_record(lens_of(access, pool), declared, record_id)
        except RecordNotFound:
            continue
        return pool
    raise ApiProblem("not_found")


def _release(
    access: Access, declared: ObjectType, record_id: int, given: dict[str, Any]
) -> HttpResponse:
    if not records(access, declared, Action.CHANGE).filter(pk=record_id).exists():
        raise ApiProblem("not_found")
    wanted, reason = given.get("pool"), given.get("reason", "")
    if not isinstance(reason, str) or "\x00" in reason:
        raise ApiProblem("bad_request", _("“reason” is a text."), parameter="reason")
    offered = pools_to_release_into(access, declared)
    pool = next((one for one in offered if wanted is None or one.pk == wanted), None)
    if pool is None:
        raise ApiProblem("refused", _("Please choose one of the pools offered."), reason="pool")
    try:
        moved = release(access, pool, [record_id], reason, source=source_of(access))
    except PoolRefusal as refusal:
        raise _refused(refusal) from None
    if moved.refused:
        raise ApiProblem("refused", moved.refused[record_id], reason="not_returnable")
    return json_response({"id": record_id, "pool": {"id": pool.pk, "name": pool.name}})


def _refused(refusal: PoolRefusal) -> ApiProblem:
    code = "forbidden" if refusal.code in FORBIDDEN else "refused"
    return ApiProblem(code, str(refusal.message), reason=refusal.code)
