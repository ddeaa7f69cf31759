"""Fault: the process is killed at every statement of a save; no record without keys, no key without one."""

from __future__ import annotations

from tests.faults.installation import Installation
from tests.faults.killing import KILLING
from tests.faults.test_merge_killed import KILLED

SAVED = (
    KILLED[: KILLED.index("def merge():")]
    + """
from keqiao.quality.candidates.models import CandidateForms
from keqiao.quality.candidates.rekeying import orphans

def create():
    make("account", name="无锡大华贸易有限公司", phone="13800138003")

def change():
    renamed = Draft({"name": "苏州新名有限公司"}, record_id=kept)
    save_records(ACCESS, object_type("account"), [renamed], source=SOURCE)

result = {
    "create": killed_everywhere(create),
    "change": killed_everywhere(change),
    "orphans": sum(orphans(key) for key in ("account", "contact", "lead")),
    "keyed": CandidateForms.objects.count(),
}
"""
)


def test_a_save_killed_at_any_statement_leaves_keys_and_record_or_neither(
    installation: Installation,
) -> None:
    result = installation.script(KILLING + SAVED)
    for name in ("create", "change"):
        statements, halves, is_done = result[name]
        assert statements > 8, "it was killed at each of its statements"
        assert halves == [], name
        assert is_done, name
    assert result["orphans"] == 0
    assert result["keyed"] == 4  # three accounts and a contact
