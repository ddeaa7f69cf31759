"""What a running task tells of itself and asks its worker; harmless where there is no worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.jobs.lease import current_lease

if TYPE_CHECKING:
    from keqiao.base.words import Words


def progress(done: int, total: int, note: Words | str = "") -> None:
    """Show how far the job is; cheap enough for every row, written about once a second.

    A `note` of `say(…)` is read by everybody in the own language.

    Raises the same interruptions as `check_cancelled`.
    """
    lease = current_lease()
    if lease is None:
        return
    lease.progress = (_count(done), _count(total), note)
    lease.give_way()
    lease.check()


def _count(number: int) -> int:
    # What the column holds; a wrong count must not keep the job's ending from being written.
    return max(0, min(int(number), 2**63 - 1))


def check_cancelled() -> None:
    """Raise JobCancelled, LeaseLost or WorkerStopping when the task should end now.

    Call it between units of work, outside half-finished ones.
    """
    lease = current_lease()
    if lease is not None:
        lease.give_way()
        lease.check()


def resume_state() -> dict[str, Any]:
    """Return what an earlier attempt of this job saved last, or an empty dictionary."""
    lease = current_lease()
    return dict(lease.state) if lease is not None else {}


def save_state(state: dict[str, Any]) -> None:
    """Keep where to go on; call it in the transaction of the work it stands for.

    When another worker has taken the job over, this raises LeaseLost and so rolls that work back.
    """
    lease = current_lease()
    if lease is not None:
        lease.save_state(state)


def current_job_id() -> int | None:
    lease = current_lease()
    return lease.claim.job_id if lease is not None else None
