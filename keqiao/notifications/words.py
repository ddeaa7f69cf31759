"""The words of a notice: kept as message id and parameters, spoken in the language of the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django_tasks.exceptions import InvalidTaskError

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.jobs.backend import load_task
from keqiao.jobs.options import LeasedTask

if TYPE_CHECKING:
    from keqiao.access.access import Access

LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Words:
    """A text to be translated when it is read: `say(gettext_noop("%(who)s …"), who=person(7))`."""

    msgid: str
    parameters: dict[str, Any] = field(default_factory=dict)


def say(msgid: str, /, **parameters: Any) -> Words:
    """Return words with their parameters; `%(record)s` is the notice's own record."""
    return Words(msgid, parameters)


def person(user_id: int | None) -> dict[str, Any]:
    """A parameter: the name of a colleague."""
    return {"person": user_id}


def things(object_key: str) -> dict[str, str]:
    """A parameter: what records of a type are called ("accounts")."""
    return {"things": object_key}


def thing(object_key: str) -> dict[str, str]:
    """A parameter: what one record of a type is called ("account")."""
    return {"thing": object_key}


def work(task_path: str) -> dict[str, str]:
    """A parameter: what a background task is called."""
    return {"work": task_path}


def spoken(access: Access, msgid: str, parameters: dict[str, Any], record: str) -> str:
    """Return the text in the active language; a broken parameter spoils only its own sentence."""
    values = {name: _value(access, value) for name, value in parameters.items()}
    # An empty message id would translate into the head of the catalogue.
    text = gettext(msgid) if msgid else ""
    try:
        return text % {"record": record, **values}
    except (KeyError, TypeError, ValueError):
        return text


def _value(access: Access, value: Any) -> str:
    if isinstance(value, dict):
        [(what, which)] = value.items()
        return _SPOKEN[what](access, which)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _person(access: Access, user_id: Any) -> str:
    return access.person_name(user_id) or gettext("a former colleague")


def _things(access: Access, key: Any) -> str:
    try:
        return str(object_type(key).label_plural)
    except UnknownObject:
        return str(key)


def _thing(access: Access, key: Any) -> str:
    try:
        return str(object_type(key).label)
    except UnknownObject:
        return str(key)


def _work(access: Access, path: Any) -> str:
    try:
        task = load_task(path)
    except InvalidTaskError:
        task = None
    if isinstance(task, LeasedTask) and task.title:
        return str(task.title)
    return str(path).rpartition(".")[2].replace("_", " ")


_SPOKEN = {"person": _person, "things": _things, "thing": _thing, "work": _work}
