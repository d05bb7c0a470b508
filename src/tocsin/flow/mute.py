"""Some alerts call nobody for now: why is written down, and they are looked at again when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.alert import Alert
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.silence import Silence
from tocsin.triage import flapping
from tocsin.triage.classify import Classified
from tocsin.triage.flapping import FLAPS, Flaps
from tocsin.triage.inhibition import Inhibition, sources_wanted
from tocsin.triage.noise import Heard, Muted, Noise
from tocsin.triage.noise_policy import NoisePolicy

LOOK_AGAIN = "look_again"


@dataclass(frozen=True, slots=True)
class Mute:
    """What can mute alerts: the policy of the packs, their maintenance windows, and the silences kept."""

    policy: NoisePolicy = field(default_factory=NoisePolicy)
    windows: tuple[Silence, ...] = ()

    def noise(self, shelves: Shelves, now: datetime) -> Noise:
        """Return all that mutes now."""
        sources = shelves.alerts.inhibitors(now) if self.policy.inhibit else ()
        silences = (*shelves.silences.ending_after(now), *self.windows)
        return Noise(self.policy, silences, Inhibition(self.policy.inhibit, sources))

    def may_inhibit(self, alert: Alert) -> bool:
        """Say whether a rule of inhibition may look for the alert."""
        return bool(self.policy.inhibit) and bool(sources_wanted(self.policy.inhibit, (alert,)))

    def flaps(
        self, shelves: Shelves, begun: Sequence[Alert], previous: Mapping[str, Alert], now: datetime
    ) -> Mapping[str, Flaps]:
        """Remember which alerts begin again and again, and return what is known of those."""
        policy = self.policy.flapping
        again = [
            alert.fingerprint
            for alert in begun
            if alert.fingerprint in previous and flapping.is_again(previous[alert.fingerprint], now, policy)
        ]
        if not again:
            return {}
        marks = shelves.marks.of(FLAPS, again)
        found = {name: flapping.begun_again(marks.get(name), previous[name], now, policy) for name in again}
        shelves.marks.keep(FLAPS, {name: flapping.written(flaps) for name, flaps in found.items()}, now)
        return found

    def known_flaps(self, shelves: Shelves, alerts: Sequence[Alert]) -> Mapping[str, Flaps]:
        """Return what is remembered of alerts that began before."""
        marks = shelves.marks.of(FLAPS, [alert.fingerprint for alert in alerts])
        return {name: flapping.read(mark) for name, mark in marks.items()}

    def look_at(self, shelves: Shelves, at: datetime, after: int = 0) -> None:
        """Let muted alerts (of greater numbers than `after`) be looked at again at an instant, once."""
        key = f"{LOOK_AGAIN}:{at.isoformat()}:{after}"
        shelves.jobs.put(Job(kind=LOOK_AGAIN, key=key, run_at=at, args={"after": str(after)}))


def verdict(
    noise: Noise, alert: Alert, classified: Classified, flaps: Flaps | None, now: datetime
) -> Heard | Muted:
    """Judge an alert. One that was heard is not muted later, and who calls nobody needs no muting."""
    if alert.incident_id is not None or classified.severity is None:
        return Heard()
    return noise.judge(alert, classified, flaps, now)
