"""Fault: the process is killed at every statement of a round of correction; each record has one turn."""

from __future__ import annotations

from tests.faults.installation import Installation
from tests.faults.killing import KILLING

# Runs inside the installation. Each attempt is a process of its own that kills itself right before
# its n-th statement, the commit being the last one; the next attempt goes on with the same round.
KILLED = """
from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.cleaning import batches
from keqiao.quality.cleaning.models import Correction, CorrectionBatch
from keqiao.records.audit import verify_chain
from keqiao.records.drafts import Draft, Source
from keqiao.records.query import records
from keqiao.records.save import save_records

ACCESS, ACCOUNT = Access.system("fault"), object_type("account")
batches.AT_ONCE = 2
for letter in "丁丙乙己戊甲":
    values = {"name": f"博{letter} 科技有限 公司", "address": "江苏省苏州市吴中区人民路1号"}
    [saved] = save_records(ACCESS, ACCOUNT, [Draft(values)], source=Source("form"))

# The further it gets before it is killed, the fewer attempts a round needs; in the end it is whole.
batch = CorrectionBatch.objects.create(object_key="account", started_at=now())
kills = 0
def on():
    batches.run_batch(CorrectionBatch.objects.get(pk=batch.pk))

while attempt(on, 3 + 7 * kills):
    kills += 1
batch.refresh_from_db()
lines = list(Correction.objects.values_list("record_id", "field", "state"))
result = {
    "kills": kills,
    "looked_at": batch.looked_at,
    "applied": batch.applied,
    "finished": batch.finished_at is not None,
    "lines": len(lines),
    "different": len(set(lines)),
    "names": sorted(records(ACCESS, ACCOUNT).values_list("name", flat=True)),
    "versions": sorted(set(records(ACCESS, ACCOUNT).values_list("version", flat=True))),
    "sound": verify_chain().sound,
}
"""


def test_a_round_killed_again_and_again_corrects_each_record_once(
    installation: Installation,
) -> None:
    result = installation.script(KILLING + KILLED)
    assert result["kills"] > 5, "it was killed at different statements"
    assert (result["looked_at"], result["finished"]) == (6, True)
    assert result["names"] == [f"博{letter}科技有限公司" for letter in "丁丙乙己戊甲"]
    assert result["lines"] == result["different"] == result["applied"] == 12
    assert result["versions"] == [2], "each record was saved once"
    assert result["sound"]
