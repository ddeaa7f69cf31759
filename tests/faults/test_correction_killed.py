"""Fault: the process is killed at every statement of a round of correction; each record has one turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation

# Runs inside the installation. Each attempt is a process of its own that kills itself right before
# its n-th statement, the commit being the last one; the next attempt goes on with the same round.
KILLED = """
import os, signal
from django.db import connection, connections
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

def attempt(batch_id, kill_at):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        seen = 0
        def step():
            nonlocal seen
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        def counted(execute, sql, params, many, context):
            step()
            return execute(sql, params, many, context)
        connection.ensure_connection()
        commit = connection._commit
        def last():
            step()
            return commit()
        connection._commit = last
        with connection.execute_wrapper(counted):
            batches.run_batch(CorrectionBatch.objects.get(pk=batch_id))
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)

# The further it gets before it is killed, the fewer attempts a round needs; in the end it is whole.
batch = CorrectionBatch.objects.create(object_key="account", started_at=now())
kills = 0
while attempt(batch.pk, 3 + 7 * kills):
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


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    try:
        yield made
    finally:
        made.stop()


def test_a_round_killed_again_and_again_corrects_each_record_once(
    installation: Installation,
) -> None:
    result = installation.script(KILLED)
    assert result["kills"] > 5, "it was killed at different statements"
    assert (result["looked_at"], result["finished"]) == (6, True)
    assert result["names"] == [f"博{letter}科技有限公司" for letter in "丁丙乙己戊甲"]
    assert result["lines"] == result["different"] == result["applied"] == 12
    assert result["versions"] == [2], "each record was saved once"
    assert result["sound"]
