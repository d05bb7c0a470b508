"""Asks an Alertmanager for a group of which its webhook has left alerts out."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.app.incomplete import IncompleteGroups
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.domain.ports.shelves import Shelves
from tocsin.oncall.retrying import next_try
from tocsin.worker.kernel import Effect

MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Asking:
    """The effect behind `ask.alertmanager` jobs."""

    groups: IncompleteGroups

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.groups.ask, self.settle)

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Take the answer, or try again later; a group that cannot be asked for stays marked."""
        if isinstance(outcome, bytes):
            if self.groups.answered(shelves, job, outcome):
                shelves.jobs.finish(job.key, job.owner)
                return
            outcome = DeliveryFailed(FailureKind.REFUSED, "the answer is no list of alerts")
        if not isinstance(outcome, DeliveryFailed):
            raise TypeError(f"asking cannot end as {outcome!r}")
        again = next_try(
            outcome.kind,
            attempts=job.attempts,
            most_attempts=MOST_TRIES,
            retry_after_s=outcome.retry_after_s,
            now=self.groups.clock.now(),
        )
        if again is None:
            shelves.jobs.bury(job.key, job.owner, outcome.reason)
        else:
            shelves.jobs.retry(job.key, job.owner, again, outcome.reason)
