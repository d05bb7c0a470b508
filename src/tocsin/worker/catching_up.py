"""Reads from Prometheus servers what fires and we have not heard of: at the start, and now and then."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from tocsin.connectors.prometheus.active import ActiveAlerts
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.domain.ports.shelves import Store
from tocsin.flow.take import Take
from tocsin.intake.lease import fingerprint_of

log = logging.getLogger("tocsin.worker")

REST_S = 30.0
AFTER_A_FAULT_S = 3.0
CONNECTOR = "prometheus.alerts"


class Server(Protocol):
    """A Prometheus server. `read` raises an `Explained` or a `DeliveryFailed`."""

    @property
    def url(self) -> str: ...
    def read(self, now: datetime) -> ActiveAlerts: ...


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """One round asks every server. Only what does not fire here yet is taken; nothing is ever resolved by it.

    An alert that is not in the answer may have been lost by the server's restart; its lease decides.
    """

    servers: Sequence[Server]
    store: Store
    clock: Clock
    take: Take

    def round(self) -> float:
        """Ask all; return how long to rest, which is short after a server did not answer."""
        have_answered = [self._asked(server) for server in self.servers]
        return REST_S if all(have_answered) else AFTER_A_FAULT_S

    def _asked(self, server: Server) -> bool:
        began = self.clock.now()
        try:
            active = server.read(began)
        except Overloaded:
            raise
        except Explained as fault:
            log.warning("%s %s", fault.happened, fault.means)
            return False
        except DeliveryFailed as failed:
            log.warning("a Prometheus server was not asked what fires: %s", failed.reason)
            return False
        reports = self._unheard(active.reports, began)
        if reports:
            log.warning("%d alerts fire at a Prometheus server and were not known here", len(reports))
            self.take.alerts(self._arrival(active), reports)
        return True

    def _unheard(self, reports: Sequence[AlertReport], began: datetime) -> list[AlertReport]:
        """Leave out what fires here already, and what we heard of since the server was asked."""
        prints = [fingerprint_of(report) for report in reports]
        with self.store.reading() as shelves:
            known = shelves.alerts.latest_of(prints)
        return [
            report
            for report, fingerprint in zip(reports, prints, strict=True)
            if (alert := known.get(fingerprint)) is None
            or (alert.is_resolved(began) and alert.updated_at < began)
        ]

    def _arrival(self, active: ActiveAlerts) -> Arrival:
        return Arrival(
            arrival_id=uuid4(),
            connector=CONNECTOR,
            source="prometheus",
            key=hashlib.sha256(active.body).hexdigest(),
            received_at=self.clock.now(),
            body=active.body,
            sender="",
        )
