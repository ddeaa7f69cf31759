"""Every comparison uses the published version, and the hand-set model until one is published."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.weighing import weigher
from keqiao.quality.match_models.day_one import day_one_model, plan_of
from keqiao.quality.match_models.in_force import in_force, model_in_force, models_changed
from keqiao.quality.match_models.models import MatchModel, ModelSource
from keqiao.quality.matching.model import Model

pytestmark = pytest.mark.django_db


def publish(model: Model | str, key: str = "account", number: int = 1) -> MatchModel:
    text = model if isinstance(model, str) else model.as_json()
    row = MatchModel.objects.create(
        object_key=key, number=number, model=text, source=ModelSource.LEARNED, made_at=now(),
        is_in_force=True, published_at=now(),
    )  # fmt: skip
    models_changed()
    return row


def test_day_one_is_set_by_hand_over_the_fields_of_the_catalog() -> None:
    model = model_in_force(object_type("account"))
    assert model.origin == "hand"
    assert {"name": "company", "phone": "phone"}.items() <= model.roles.items()
    assert in_force(object_type("account")).number == 0


def test_a_type_without_names_has_no_model() -> None:
    with pytest.raises(LookupError):
        model_in_force(object_type("task"))


def test_the_published_version_is_used_at_once_also_at_entry() -> None:
    plan = plan_of(object_type("account"))
    assert weigher(plan, plan).model.prior != -3.0
    publish(day_one_model(plan).with_(prior=-3.0, origin="learned"))
    assert model_in_force(object_type("account")).prior == -3.0
    assert in_force(object_type("account")).version == "1"
    assert weigher(plan, plan).model.prior == -3.0
    assert model_in_force(object_type("contact")).origin == "hand"


@pytest.mark.parametrize("broken", ["", "{", '{"version": 99}', '{"version": 1}', "[]"])
def test_an_unreadable_version_leaves_day_one(broken: str) -> None:
    publish(broken)
    assert model_in_force(object_type("account")).origin == "hand"


def test_a_version_for_fields_that_hold_something_else_now_is_not_used() -> None:
    plan = plan_of(object_type("account"))
    publish(day_one_model(plan).with_(prior=-3.0, roles={"name": "phone"}))
    assert model_in_force(object_type("account")).prior != -3.0


def test_two_versions_in_force_are_refused_by_the_database() -> None:
    plan = plan_of(object_type("account"))
    publish(day_one_model(plan))
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(day_one_model(plan), number=2)
