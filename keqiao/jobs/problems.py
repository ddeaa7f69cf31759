"""What can stop a job: people, the machine, or the task itself when it knows why it failed."""

from __future__ import annotations

from datetime import timedelta


class Interruption(BaseException):
    """Ends a task from outside; no `Exception`, so a task's row-by-row handler lets it pass."""


class JobCancelled(Interruption):
    """A person asked for the job to end."""


class LeaseLost(Interruption):
    """Another worker owns this job now; nothing this one still writes may count."""


class TimeLimitExceeded(Interruption):
    """The job takes longer than its task may; it counts as a failed attempt."""


class WorkerStopping(Interruption):
    """The worker shuts down; the job goes back and continues elsewhere from its saved state."""


class RetryLater(Exception):
    """Raised by a task: this attempt failed, try again after the time the other side asked for."""

    def __init__(self, message: str, after: timedelta) -> None:
        super().__init__(message)
        self.after = after


class GiveUp(Exception):
    """Raised by a task: trying again cannot help; the job becomes a dead letter at once."""


class JobProblem(Exception):
    """A job cannot be changed as asked; the message is for the person who asked."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
