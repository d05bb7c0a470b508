"""Whether an alert may call people now, or is muted: until when, by what, and in plain words why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.domain.alert import Alert
from tocsin.domain.silence import Silence
from tocsin.triage.classify import Classified
from tocsin.triage.flapping import Flaps, held_until
from tocsin.triage.inhibition import Inhibition
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.recurrence import Window
from tocsin.triage.silencing import muting_window


class MutedBy(StrEnum):
    """What mutes an alert."""

    SILENCE = "silence"
    INHIBITION = "inhibition"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Nothing mutes the alert. `reason` is empty, or says why something that fits does not mute it."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """The alert calls nobody until `until`, when it is judged anew, if it still fires then.

    `names` are the ids of silences, or the short names of the alerts that inhibit it.
    """

    until: datetime
    by: MutedBy
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Noise:
    """All that can mute alerts, as it stands in one transaction."""

    policy: NoisePolicy
    silences: Sequence[Silence]
    inhibition: Inhibition

    def judge(
        self, alert: Alert, classified: Classified, flaps: Flaps | None, now: datetime
    ) -> Heard | Muted:
        """Judge an alert that fires; silences are asked first, then what inhibits it, then its flapping."""
        silenced, left_out = self._silenced(alert, classified, now)
        if silenced is not None:
            return silenced
        if self.policy.is_guarded(classified.severity, classified.type):
            return Heard(reason=left_out)
        return self._inhibited(alert, now) or self._flapping(flaps, now) or Heard(reason=left_out)

    def silencing(self, alert: Alert, classified: Classified, now: datetime) -> tuple[Silence, ...]:
        """Return the silences that may mute the alert and do now, as `judge` sees it."""
        found, _ = self._fitting(alert, classified, now)
        return tuple(silence for _, silence in found)

    def _silenced(self, alert: Alert, classified: Classified, now: datetime) -> tuple[Muted | None, str]:
        found, left_out = self._fitting(alert, classified, now)
        return (self._muted_by(found), left_out) if found else (None, left_out)

    def _fitting(
        self, alert: Alert, classified: Classified, now: datetime
    ) -> tuple[list[tuple[datetime, Silence]], str]:
        """Return what silences it, each until when, and why something that fits does not."""
        guarded = self.policy.is_guarded(classified.severity, classified.type)
        found: list[tuple[datetime, Silence]] = []
        left_out = ""
        for silence in self.silences:
            window = muting_window(silence, now) if silence.fits(alert.labels) else None
            if window is None:
                continue
            if guarded and silence.second is None:
                left_out = f"{_spoken(silence)} fits, but one person alone cannot mute this P1."
                continue
            until = self._at_most(window, classified)
            if until > now:
                found.append((until, silence))
            else:
                left_out = f"{_spoken(silence)} fits, but has muted {classified.severity} as long as one may."
        return found, left_out

    def _at_most(self, window: Window, classified: Classified) -> datetime:
        """A silence made before anybody knew what it would hit is still bounded by what it hits."""
        if classified.severity is None:
            return window.end
        return min(window.end, window.start + self.policy.longest[classified.severity])

    @staticmethod
    def _muted_by(found: Sequence[tuple[datetime, Silence]]) -> Muted:
        until, longest = max(found, key=lambda each: each[0])
        return Muted(
            until=until,
            by=MutedBy.SILENCE,
            names=tuple(dict.fromkeys(str(silence.silence_id) for _, silence in found)),
            reason=f"{_spoken(longest)} mutes it until {_at(until)}: {longest.comment}",
        )

    def _inhibited(self, alert: Alert, now: datetime) -> Muted | None:
        found = self.inhibition.by_rule(alert, now)
        if not found:
            return None
        rule, source = max(found, key=lambda each: each[1].ends_at)
        return Muted(
            until=source.ends_at,
            by=MutedBy.INHIBITION,
            names=tuple(each.short_name for _, each in found),
            reason=f"Rule “{rule.name}” ({rule.place}): it follows from {source.short_name}, which fires.",
        )

    def _flapping(self, flaps: Flaps | None, now: datetime) -> Muted | None:
        until = held_until(flaps, now, self.policy.flapping)
        if until is None:
            return None
        flapping = self.policy.flapping
        return Muted(
            until=until,
            by=MutedBy.FLAPPING,
            names=(),
            reason=f"It flaps: it began {flapping.times} times within {flapping.within}, was told once, and "
            f"is held until it has been calm for {flapping.calm}.",
        )


def _spoken(silence: Silence) -> str:
    return f"Silence {silence.silence_id} of {silence.owner}"


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
