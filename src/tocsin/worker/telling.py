"""Tells the receivers of an `alertmanager.yml`; each kind of integration has its own threads."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from tocsin.app.counters import FAILED, LATENCY, NOTIFICATIONS
from tocsin.domain.fence import HoldLost
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Notifier, Receipt
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.notifying import NothingToTell, Notifying, Outgoing, Told
from tocsin.worker.kernel import Effect

log = logging.getLogger("tocsin.worker")


@dataclass(frozen=True, slots=True)
class Telling:
    """The effect behind `notify.<kind>` jobs. `notifier` is None where no connector tells this kind."""

    kind: str
    notifier: Notifier | None
    notifying: Notifying

    def act(self, telling: Outgoing | NothingToTell) -> Told | NothingToTell:
        """Tell once and return what came of it."""
        if isinstance(telling, NothingToTell):
            return telling
        telling = telling.rendered()
        began = time.monotonic()
        outcome = self._told(telling)
        took_s = time.monotonic() - began
        NOTIFICATIONS.labels(self.kind).inc()
        LATENCY.labels(self.kind).observe(took_s)
        if isinstance(outcome, DeliveryFailed):
            FAILED.labels(self.kind, outcome.kind.value).inc()
        return Told(telling=telling, outcome=outcome, took_ms=round(took_s * 1000))

    def _told(self, telling: Outgoing) -> Receipt | DeliveryFailed:
        if self.notifier is None:
            reason = f"no connector of this Tocsin tells `{self.kind}_configs`"
            return DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        try:
            return self.notifier.notify(telling.notification, telling.integration)
        except DeliveryFailed as failed:
            return failed
        except HoldLost:
            raise
        except Exception as fault:  # The worker's edge: a fault of a notifier is a failed notification.
            log.exception("the notifier %s met a fault with %s", self.kind, telling.notification.key)
            return DeliveryFailed(FailureKind.UNKNOWN, f"the notifier met a fault ({type(fault).__name__})")

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Record the outcome together with the job's own end."""
        if not isinstance(outcome, Told | NothingToTell):
            raise TypeError(f"a notification cannot end as {outcome!r}")
        self.notifying.settle(shelves, job, outcome)

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.act, self.settle, self.notifying.give_up, prepare=self.notifying.telling)
