"""Read noise.yml: what inhibits what, how long a silence may be, when an alert flaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import Matcher, read_matcher
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity
from tocsin.triage.flapping import FlappingPolicy

LONGEST: Mapping[Severity, timedelta] = {
    Severity.P1: timedelta(hours=4),
    Severity.P2: timedelta(hours=24),
    Severity.P3: timedelta(days=7),
    Severity.P4: timedelta(days=30),
}
GUARDED_TYPES = ("security", "audit-integrity")
_MAX_TIMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePolicy:
    """A noise policy, checked.

    `longest` says for each severity how long one silence, or one of its windows, may mute. P1 alerts of
    `guarded` types are muted only by a silence that a second person has confirmed, and by nothing else.
    """

    path: str = ""
    inhibit: tuple[InhibitRule, ...] = ()
    longest: Mapping[Severity, timedelta] = field(default_factory=lambda: dict(LONGEST))
    guarded: frozenset[str] = frozenset(GUARDED_TYPES)
    flapping: FlappingPolicy = field(default_factory=FlappingPolicy)

    def is_guarded(self, severity: Severity | None, incident_type: str) -> bool:
        """Say whether two people are needed to mute alerts of this severity and type."""
        return severity is Severity.P1 and incident_type in self.guarded


def parse_noise(text: str, path: str) -> NoisePolicy:
    """Read `noise.yml`; every section may be left out. Raises `PackProblem`."""
    root = parse(text, path)
    keys = {} if root.is_null else root.mapping(("inhibit", "silences", "flapping"))
    silences = keys["silences"].mapping(("longest", "guarded")) if "silences" in keys else {}
    return NoisePolicy(
        path=path,
        inhibit=tuple(_inhibit(one) for one in keys["inhibit"].sequence()) if "inhibit" in keys else (),
        longest=_longest(silences["longest"]) if "longest" in silences else dict(LONGEST),
        # A file can guard more types, never fewer: whoever may edit it is one person too.
        guarded=frozenset(
            (*GUARDED_TYPES, *(silences["guarded"].strings() if "guarded" in silences else ()))
        ),
        flapping=_flapping(keys["flapping"]) if "flapping" in keys else FlappingPolicy(),
    )


def read_matchers(written: Located) -> tuple[Matcher, ...]:
    """Read a list of matchers that is not empty. Raises `PackProblem`."""
    matchers = tuple(read_matcher(member) for member in written.sequence())
    if not matchers:
        raise written.problem("no matcher is written.", "Name at least one, such as `alertname = Watchdog`.")
    return matchers


def _inhibit(written: Located) -> InhibitRule:
    keys = written.mapping(("name", "source", "target", "equal"), required=("name", "source", "target"))
    return InhibitRule(
        name=keys["name"].string(),
        place=f"{written.path}, line {written.line}",
        source=read_matchers(keys["source"]),
        target=read_matchers(keys["target"]),
        equal=keys["equal"].strings() if "equal" in keys else (),
    )


def _longest(written: Located) -> Mapping[Severity, timedelta]:
    keys = written.mapping(tuple(Severity))
    longest = dict(LONGEST)
    for name, value in keys.items():
        longest[Severity(name)] = _some_time(value)
    return longest


def _flapping(written: Located) -> FlappingPolicy:
    keys = written.mapping(("times", "within", "calm"), required=("times", "within", "calm"))
    times = keys["times"].number()
    if times != int(times) or not 2 <= times <= _MAX_TIMES:
        raise keys["times"].problem(
            f"`{keys['times'].text}` is no number of times.", f"Write a whole number from 2 to {_MAX_TIMES}."
        )
    return FlappingPolicy(times=int(times), within=_some_time(keys["within"]), calm=_some_time(keys["calm"]))


def _some_time(written: Located) -> timedelta:
    length = written.duration()
    if not length:
        raise written.problem("the length of time is zero.", "Write a length such as `15m` or `4h`.")
    return length
