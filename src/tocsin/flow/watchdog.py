"""Signs of life are waited for; one that does not come in time calls people by our own alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.listen import WATCH as OUR_WATCH
from tocsin.flow.take import Take
from tocsin.intake.heartbeat import watch_of
from tocsin.intake.watchdog import Heartbeat, Sign, look, sign_of, written

CAME = "heartbeat"
"""The kind of mark that says when a heartbeat was last called for."""
SIGN = "watchdog"
MOST_SCANNED = 20_000


@dataclass(frozen=True, slots=True)
class Watchdog:
    """Looks at all expected signs of life in one transaction; safe beside other processes."""

    store: Store
    clock: Clock
    take: Take
    heartbeats: Sequence[Heartbeat]

    def beat(self, name: str) -> None:
        """A heartbeat was called for. Raises `NotFound` for one that no pack expects."""
        if name not in {each.name for each in self.heartbeats if not each.matchers}:
            raise NotFound(
                f"No heartbeat {name[:80]!r} is expected.",
                means="Nothing was noted, and nobody will be called when it stops.",
                next_step="Name it under `heartbeats` in the sources.yml of a pack.",
            )
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.marks.keep(CAME, {name: now.isoformat().encode("ascii")}, now)

    def look(self) -> tuple[str, ...]:
        """Look at all; alerts begin and end here. Return the names of those that are missed."""
        if not self.heartbeats:
            return ()
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(SIGN)
            looked = [self._looked(shelves, each, now) for each in self.heartbeats]
            signs = {sign.name: written(sign) for sign, _ in looked}
            shelves.marks.keep(SIGN, signs, now)
            reports = [report for _, report in looked if report is not None]
            if reports:
                self.take.own(shelves, reports)
        return tuple(sign.name for sign, _ in looked if sign.missing_since is not None)

    def _looked(
        self, shelves: Shelves, heartbeat: Heartbeat, now: datetime
    ) -> tuple[Sign, AlertReport | None]:
        name = heartbeat.name
        sign = sign_of(name, shelves.marks.of(SIGN, [name]).get(name), now)
        deaf_until = watch_of(shelves.marks.of(OUR_WATCH, ["ours"]).get("ours")).deaf_until
        if heartbeat.matchers:
            alert = _alert_of(shelves, heartbeat, sign, now)
            heard = alert.updated_at if alert else None
            sign = replace(sign, alert=alert.fingerprint if alert else sign.alert)
        else:
            heard = _time(shelves.marks.of(CAME, [name]), name)
        return look(heartbeat, sign, heard, now, deaf_until)


def _alert_of(shelves: Shelves, heartbeat: Heartbeat, sign: Sign, now: datetime) -> Alert | None:
    """Return the alert that is the sign of life: as a rule the one it was before, else it is looked for."""
    known = shelves.alerts.latest(sign.alert) if sign.alert else None
    if known is not None and not known.is_resolved(now):
        return known
    fitting = [each for each in shelves.alerts.unresolved(now, MOST_SCANNED) if heartbeat.fits(each.labels)]
    return max(fitting, key=lambda each: each.updated_at, default=known)


def _time(kept: Mapping[str, bytes], name: str) -> datetime | None:
    return datetime.fromisoformat(kept[name].decode("ascii")) if name in kept else None
