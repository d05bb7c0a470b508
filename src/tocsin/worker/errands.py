"""Runs what a pushed body asks for outside: a reply, a dialog, a confirmation; each as a job that repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.app.hooks import ERRAND, errand_values
from tocsin.app.wiring import App
from tocsin.connectors.catalogue import load, manifests
from tocsin.domain.clock import Clock
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.oncall.retrying import next_try
from tocsin.worker.kernel import Effect

MOST_TRIES = 5
ERRANDS_AT_ONCE = 4
SUMS_EVERY_S = 20.0

Run = Callable[[Mapping[str, str], Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class Errands:
    """The effect behind `errand.<connector>` jobs; `run` is the connector's own."""

    connector: str
    run: Run
    values: Mapping[str, str]
    clock: Clock

    def act(self, job: Job) -> str | DeliveryFailed:
        """Do the errand once and return what came of it."""
        try:
            return self.run(job.args, self.values)
        except DeliveryFailed as failed:
            return failed

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Record the outcome together with the job's own end."""
        now = self.clock.now()
        if isinstance(outcome, DeliveryFailed):
            self._failed(shelves, job, outcome, now)
            return
        shelves.jobs.finish(job.key, job.owner)
        self._note(shelves, job, str(outcome), now)

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.act, self.settle)

    def _failed(self, shelves: Shelves, job: Job, failed: DeliveryFailed, now: datetime) -> None:
        reason = f"{failed.kind}: {failed.reason}"[:500]
        again = next_try(
            failed.kind,
            attempts=job.attempts,
            most_attempts=MOST_TRIES,
            retry_after_s=failed.retry_after_s,
            now=now,
        )
        if again is not None:
            shelves.jobs.retry(job.key, job.owner, again, reason)
            return
        shelves.jobs.bury(job.key, job.owner, reason)
        self._note(shelves, job, reason, now)

    def _note(self, shelves: Shelves, job: Job, what: str, now: datetime) -> None:
        about = job.args.get("topic") or job.args.get("incident", "")
        facts = {"done": "errand", "connector": self.connector, "outcome": what}
        note(shelves, Happening.ACCESS, at=now, subject=about, facts=facts)


def errands_of(app: App) -> Mapping[str, Effect]:
    """Return the handler of every connector that is set up and has errands, by the kind of its jobs."""
    return {
        f"{ERRAND}.{one.name}": Errands(
            one.name, load(one.errand), errand_values(app.settings, one.name), app.clock
        ).effect()
        for one in manifests()
        if one.errand and app.settings.text(one.secrets)
    }


@dataclass(frozen=True, slots=True)
class Sums:
    """Writes down from time to time what was counted of forgeries and not told yet."""

    write: Callable[[], None]

    def round(self) -> float:
        """Write what is due and rest for 20 seconds."""
        self.write()
        return SUMS_EVERY_S
