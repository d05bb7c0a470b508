"""What a collector is asked to do, and what becomes of what it gathered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from tocsin.domain.acting import Collector
from tocsin.domain.alert import Alert
from tocsin.domain.clock import Clock
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence.exhibits import Deposit, label
from tocsin.evidence.opening import Start, volatility_of, why_it_cannot_start
from tocsin.flow.admitting import Stored, admitted_once, incident_of
from tocsin.flow.record import tell
from tocsin.incidents.changed import TOCSIN, line

COLLECT = "collect"
ALERT_CONTEXT = "alert.context"
TRIES = 3
"""A collector that its partner asks to come again is tried so often; then it is a gap."""
TRY_AGAIN_AFTER = timedelta(seconds=5)
_STEP = timedelta(milliseconds=1)

Starts = Callable[[Incident, Sequence[Alert]], tuple[Start, ...]]


Quotes = Callable[[Iterable[str]], tuple[Start, ...]]


def no_quotes(urls: Iterable[str]) -> tuple[Start, ...]:
    """Quote nothing: no source of runbooks is set up."""
    return ()


def no_starts(incident: Incident, alerts: Sequence[Alert]) -> tuple[Start, ...]:
    """Start nothing but what always starts."""
    return ()


@dataclass(frozen=True, slots=True)
class Collected:
    """What we gathered of our own tables: the deposit, and the bytes to be kept."""

    deposit: Deposit
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a collector is asked: of which incident, with which arguments, and what its exhibits are called.

    `refusal` says why it cannot be asked at all. `collector` is None then, and only then.
    """

    incident: str
    collector: Collector | None
    arguments: Mapping[str, Any]
    deposit: Deposit
    at: datetime
    is_last_try: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Collecting:
    """Starts collectors, and admits what they gathered; `encrypts`: there are recipients to encrypt to."""

    clock: Clock
    collectors: Mapping[str, Collector] = field(default_factory=dict)
    encrypts: bool = False

    def start(self, shelves: Shelves, incident: Incident, starts: Iterable[Start], now: datetime) -> None:
        """Start collectors, each as a job of its own; what is live is read before what lasts.

        One that is on its way is left alone; one that has ended is asked once more.
        """
        for each in starts:
            job = self._job(incident, each, now)
            known = shelves.jobs.get(job.key)
            if known is None or known.state is not JobState.READY:
                shelves.jobs.reschedule(job)

    def asked(self, shelves: Shelves, job: Job) -> Collected | Asked | None:
        """Return what a job asks for; None when there is no such incident."""
        incident = shelves.incidents.get(UUID(job.args["incident"]))
        if incident is None:
            return None
        name = job.args.get("collector", ALERT_CONTEXT)
        if name == ALERT_CONTEXT:
            content = context_of(shelves.alerts.of_incident(incident.incident_id))
            return Collected(_of_alerts(incident), content)
        of = job.args["of"]
        start = Start(collector=name, arguments=json.loads(job.args["arguments"]), of=of)
        refusal = why_it_cannot_start(self.collectors, start, can_encrypt=self.encrypts)
        given = {"incident": incident.short_name, "of": (of,) if of else ()}
        return Asked(
            incident=incident.short_name,
            collector=None if refusal else self.collectors[name],
            arguments={**start.arguments, **given},
            deposit=self._deposit(incident, name, of),
            at=self.clock.now(),
            is_last_try=job.attempts >= TRIES,
            refusal=refusal,
        )

    def settle(self, shelves: Shelves, gathered: Iterable[Stored]) -> tuple[Exhibit, ...]:
        """Make what was gathered exhibits; the same bytes of the same collector and object are kept once."""
        now = self.clock.now()
        found = (admitted_once(shelves, each, TOCSIN, now) for each in gathered)
        return tuple(exhibit for exhibit in found if exhibit is not None)

    def given_up(self, shelves: Shelves, job: Job, reason: str) -> None:
        """Write down that a collector was given up, so that nobody believes its evidence is there."""
        incident = incident_of(shelves, UUID(job.args["incident"]))
        name = job.args.get("collector", ALERT_CONTEXT)
        text = f"The collector {name} was given up after {job.attempts} tries: {reason}"
        entry = line(incident, Happening.COLLECTION_FAILED, text, by=TOCSIN, now=self.clock.now())
        tell(shelves, incident, entry)

    def _job(self, incident: Incident, start: Start, now: datetime) -> Job:
        return Job(
            kind=COLLECT,
            key=f"{COLLECT}:{start.collector}:{incident.incident_id}:{start.mark}",
            run_at=now + _STEP * volatility_of(self.collectors, start.collector),
            args={
                "incident": str(incident.incident_id),
                "collector": start.collector,
                "of": start.of,
                "arguments": orjson.dumps(start.arguments, default=str).decode(),
            },
        )

    def _deposit(self, incident: Incident, name: str, of: str) -> Deposit:
        known = self.collectors.get(name)
        summary = known.summary if known else name
        return Deposit(
            incident_id=incident.incident_id,
            name=f"{incident.short_name}-{name}",
            label=label(
                incident.detected_at.date(),
                f"{summary}{f', of {of}' if of else ''}",
                f"{TOCSIN}, collector {name}",
            ),
            collector=name,
            covers=name,
            of=of,
        )


def context_of(alerts: Sequence[Alert]) -> bytes:
    """Return one JSON line an alert; `records` are the raw records exactly as received."""
    out = io.BytesIO()
    for alert in alerts:
        out.write(
            json.dumps(
                {
                    "alert": alert.short_name,
                    "fingerprint": alert.fingerprint,
                    "source": alert.source,
                    "labels": dict(alert.labels),
                    "annotations": dict(alert.annotations),
                    "starts_at": alert.starts_at.isoformat(),
                    "count": alert.count,
                    "generator_url": alert.generator_url,
                    "records": alert.evidence,
                },
                sort_keys=True,
            ).encode()
        )
        out.write(b"\n")
    return out.getvalue()


def _of_alerts(incident: Incident) -> Deposit:
    return Deposit(
        incident_id=incident.incident_id,
        name=f"{incident.short_name}-alert-context.ndjson",
        media_type="application/x-ndjson",
        label=label(
            incident.detected_at.date(),
            f"Alerts of {incident.short_name} as received, with their raw records",
            f"{TOCSIN}, collector {ALERT_CONTEXT}",
        ),
        collector=ALERT_CONTEXT,
        covers=ALERT_CONTEXT,
    )
