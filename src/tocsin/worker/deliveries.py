"""Sends what waits for one channel; each channel has its own threads, so a dead one delays nobody else."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from tocsin.domain.fence import HoldLost
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import Channel, DeliveryFailed, FailureKind, Receipt
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.bundles import NotNeeded
from tocsin.flow.deliver import Deliver, Outgoing, Tried
from tocsin.worker.kernel import Effect

log = logging.getLogger("tocsin.worker")


@dataclass(frozen=True, slots=True)
class Sending:
    """The effect behind `deliver.<channel>` jobs. `channel` is None when the channel is not set up."""

    name: str
    channel: Channel | None
    deliver: Deliver

    def act(self, outgoing: Outgoing | NotNeeded) -> Tried | NotNeeded:
        """Send the message once and return what came of it, and how long it took."""
        if isinstance(outgoing, NotNeeded):
            return outgoing
        began = time.monotonic()
        outcome = self._sent(outgoing)
        return Tried(outcome, round((time.monotonic() - began) * 1000), outgoing.digest)

    def _sent(self, outgoing: Outgoing) -> Receipt | DeliveryFailed:
        if self.channel is None:
            return DeliveryFailed(
                FailureKind.MISCONFIGURED,
                f"the channel {self.name!r} is not set up; see docs/settings.md for its settings",
            )
        try:
            return self.channel.send(outgoing.message, outgoing.address)
        except DeliveryFailed as failed:
            return failed
        except HoldLost:
            raise
        except Exception as fault:  # The worker's edge: a fault of a channel is a failed delivery.
            log.exception("the channel %s met a fault with %s", self.name, outgoing.message.key)
            return DeliveryFailed(FailureKind.UNKNOWN, f"the channel met a fault ({type(fault).__name__})")

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Record the outcome together with the job's own end."""
        if not isinstance(outcome, Tried | NotNeeded):
            raise TypeError(f"a delivery cannot end as {outcome!r}")
        self.deliver.settle(shelves, job, outcome)

    def give_up(self, shelves: Shelves, job: Job, reason: str) -> None:
        """Record as dead a message that could not even be made, so that the next person is called."""
        self.deliver.settle(shelves, job, DeliveryFailed(FailureKind.REFUSED, reason))

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.act, self.settle, self.give_up, prepare=self.deliver.outgoing)
