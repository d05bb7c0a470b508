"""Which source is silent: how long each may be quiet is learned from its own gaps, or set in a pack file."""

from __future__ import annotations

import fnmatch
import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from tocsin.domain.alert import AlertReport
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity

ALERTNAME = "SourceSilent"
SOURCE = "heartbeat"
PRACTICE = "drill-"
LEAST = timedelta(minutes=5)
MOST = timedelta(hours=26)
"""What a source is expected to say at least once a day is late after 26 hours, and not before."""
ENOUGH_GAPS = 3
"""So often a source must have been heard again before its silence means anything."""
TIMES_USUAL = 3
OVER_LONGEST = 1.25
OUR_GAP = timedelta(minutes=2)
"""If we have not looked for so long, it was we who were deaf, and silence is measured anew."""
LEASE = timedelta(days=7)
"""An alert of silence ends when the source speaks, not because we were down meanwhile."""
RENEWED_AFTER = timedelta(days=1)

_SHARE = 0.99
_BUCKETS_A_DOUBLING = 4
_FORGET_AT = 20_000


class State(StrEnum):
    """What is known of a source: never heard, heard too seldom to judge, heard in time, silent."""

    WAITING = "waiting"
    LEARNING = "learning"
    SPEAKING = "speaking"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a pack says of sources whose name fits a pattern (`*` for anything).

    `every` None: it is learned. `severity` None: silence raises no alert.
    """

    pattern: str
    every: timedelta | None = None
    severity: Severity | None = Severity.P3
    owner: str = ""

    def fits(self, source: str) -> bool:
        """Say whether this is about a source."""
        return fnmatch.fnmatchcase(source, self.pattern)


DEFAULT = Expectation(pattern="*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What is remembered of one source.

    `gaps` counts the gaps between one time it was heard and the next by their length: bucket n holds those
    of at most 2**(n/4) seconds. `silent_since` is when it was last heard before the silence that was alerted;
    `told_at` when that alert was last renewed.
    """

    source: str
    last: datetime | None = None
    gaps: Mapping[int, int] = field(default_factory=dict)
    silent_since: datetime | None = None
    told_at: datetime | None = None

    @property
    def known_gaps(self) -> int:
        """Return how many gaps were counted."""
        return sum(self.gaps.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """When we looked last, and until when we count as having been deaf; None at first."""

    looked_at: datetime | None = None
    deaf_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look at all sources came to. `our_gap` is how long we had not looked, if that was too long."""

    watch: Watch
    pulses: tuple[Pulse, ...]
    reports: tuple[AlertReport, ...]
    our_gap: timedelta | None = None


def beat(pulse: Pulse, at: datetime) -> Pulse:
    """Return the pulse after the source was heard at `at`; an older time than the last changes nothing."""
    if pulse.last is None:
        return replace(pulse, last=at)
    if at <= pulse.last:
        return pulse
    gaps = dict(pulse.gaps)
    bucket = _bucket(at - pulse.last)
    gaps[bucket] = gaps.get(bucket, 0) + 1
    if sum(gaps.values()) > _FORGET_AT:
        # What is long past counts half, so that a source that has changed is known anew in a while.
        gaps = {length: count // 2 for length, count in gaps.items() if count > 1}
    return replace(pulse, last=at, gaps=gaps)


def expected(pulse: Pulse, expectation: Expectation) -> timedelta | None:
    """Return how long the source may be quiet, None while that is not known.

    Learned: three times the gap below which 99 of 100 gaps were, or a quarter more than the longest that was
    seen twice (a quiet night), within 5 minutes and 26 hours.
    """
    if expectation.every is not None:
        return expectation.every
    if pulse.known_gaps < ENOUGH_GAPS:
        return None
    usual = TIMES_USUAL * _length(_bucket_of_share(pulse.gaps))
    longest = OVER_LONGEST * _length(max((n for n, count in pulse.gaps.items() if count > 1), default=0))
    return min(max(timedelta(seconds=max(usual, longest)), LEAST), MOST)


def expectation_of(source: str, expectations: Iterable[Expectation]) -> Expectation:
    """Return the first expectation that fits, else the one for everybody: learned, P3."""
    return next((each for each in expectations if each.fits(source)), DEFAULT)


def state_of(pulse: Pulse, expectation: Expectation, now: datetime, deaf_until: datetime | None) -> State:
    """Say what a source is at `now`. `deaf_until`: before that we did not listen, so quiet means nothing."""
    if pulse.last is None:
        return State.WAITING
    limit = expected(pulse, expectation)
    if limit is None:
        return State.LEARNING
    since = pulse.last if deaf_until is None else max(pulse.last, deaf_until)
    return State.SILENT if now - since > limit else State.SPEAKING


def look(
    watch: Watch,
    pulses: Iterable[Pulse],
    heard: Mapping[str, datetime],
    expectations: Iterable[Expectation],
    now: datetime,
) -> Looked:
    """Look at all sources; `heard` says when each was last heard, as far as that is known anew."""
    told = tuple(expectations)
    gap = None if watch.looked_at is None else now - watch.looked_at
    is_deaf = gap is None or gap > OUR_GAP
    watch = Watch(looked_at=now, deaf_until=now if is_deaf else watch.deaf_until)
    known = {pulse.source: pulse for pulse in pulses}
    known |= {source: Pulse(source=source) for source in heard.keys() - known.keys()}
    ended: list[Pulse] = []
    reports: list[AlertReport] = []
    for source in sorted(known):
        if not source.startswith(PRACTICE):
            pulse, report = _looked_at(known[source], heard.get(source), told, watch)
            ended.append(pulse)
            reports += [report] if report else []
    return Looked(watch=watch, pulses=tuple(ended), reports=tuple(reports), our_gap=gap if is_deaf else None)


def written(pulse: Pulse) -> bytes:
    """Return a pulse as it is stored."""
    return json.dumps(
        {
            "last": _text(pulse.last),
            "gaps": {str(bucket): count for bucket, count in sorted(pulse.gaps.items())},
            "silent_since": _text(pulse.silent_since),
            "told_at": _text(pulse.told_at),
        }
    ).encode("ascii")


def pulse_of(source: str, stored: bytes) -> Pulse:
    """Read a stored pulse; one that is damaged is a source never heard, which then learns anew."""
    try:
        found = json.loads(stored)
        return Pulse(
            source=source,
            last=_time(found["last"]),
            gaps={int(bucket): int(count) for bucket, count in found["gaps"].items()},
            silent_since=_time(found["silent_since"]),
            told_at=_time(found["told_at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Pulse(source=source)


def written_watch(watch: Watch) -> bytes:
    """Return our own watch as it is stored."""
    return json.dumps({"looked_at": _text(watch.looked_at), "deaf_until": _text(watch.deaf_until)}).encode()


def watch_of(stored: bytes | None) -> Watch:
    """Read the stored watch; none, or a damaged one, is that of a first start."""
    try:
        found = json.loads(stored or b"{}")
        return Watch(looked_at=_time(found["looked_at"]), deaf_until=_time(found["deaf_until"]))
    except (ValueError, KeyError, TypeError):
        return Watch()


def forgotten(pulse: Pulse, expectation: Expectation, now: datetime) -> tuple[Pulse, tuple[AlertReport, ...]]:
    """Return the pulse of a source whose habits are forgotten, and what ends its alert if there is one."""
    ended = () if pulse.silent_since is None else (_report(pulse, expectation, ends_at=now),)
    return Pulse(source=pulse.source, last=pulse.last), ended


def read_expectations(text: str, path: str) -> tuple[Expectation, ...]:
    """Read a pack's `sources.yml`. Raises `PackProblem`."""
    root = parse(text, path).mapping({"sources", "heartbeats"}, {"sources"})["sources"]
    return () if root.is_null else tuple(_expectation(entry) for entry in root.sequence())


def _looked_at(
    pulse: Pulse, heard: datetime | None, told: tuple[Expectation, ...], watch: Watch
) -> tuple[Pulse, AlertReport | None]:
    now, expectation = watch.looked_at, expectation_of(pulse.source, told)
    assert now is not None
    if heard is not None and (pulse.last is None or heard > pulse.last):
        spoken = beat(_rebased(pulse, heard, watch.deaf_until), heard)
        ended = None if pulse.silent_since is None else _report(pulse, expectation, ends_at=now)
        return replace(spoken, silent_since=None, told_at=None), ended
    is_silent = state_of(pulse, expectation, now, watch.deaf_until) is State.SILENT
    is_told = pulse.told_at is not None and now - pulse.told_at < RENEWED_AFTER
    if expectation.severity is None or is_told or not (is_silent or pulse.silent_since):
        return pulse, None
    silent = replace(pulse, silent_since=pulse.silent_since or pulse.last, told_at=now)
    return silent, _report(silent, expectation, ends_at=now + LEASE)


def _rebased(pulse: Pulse, heard: datetime, deaf_until: datetime | None) -> Pulse:
    """Leave a gap uncounted in which we were deaf ourselves: it is no gap of the source's."""
    if pulse.last is None or deaf_until is None or not pulse.last < deaf_until <= heard:
        return pulse
    return replace(pulse, last=None)


def _report(pulse: Pulse, expectation: Expectation, *, ends_at: datetime) -> AlertReport:
    since = pulse.silent_since
    last = "never" if since is None else f"{since:%Y-%m-%d %H:%M:%S} UTC"
    severity = expectation.severity or Severity.P3
    labels = {
        "alertname": ALERTNAME,
        "source": pulse.source,
        "severity": severity.word.lower(),
        "incident_type": "service-degradation",
    }
    if expectation.owner:
        labels["owner"] = expectation.owner
    return AlertReport(
        source=SOURCE,
        labels=labels,
        annotations={
            "summary": f"{pulse.source} is silent",
            "description": f"{pulse.source} was last heard at {last}. What happens there is not seen now.",
        },
        starts_at=since,
        ends_at=ends_at,
    )


def _bucket(gap: timedelta) -> int:
    return math.ceil(_BUCKETS_A_DOUBLING * math.log2(max(gap / timedelta(seconds=1), 1.0)))


def _length(bucket: int) -> float:
    return float(2 ** (bucket / _BUCKETS_A_DOUBLING))


def _bucket_of_share(gaps: Mapping[int, int]) -> int:
    """Return the bucket that holds the gap below which 99 of 100 are."""
    lengths = sorted(gaps)
    so_far = list(accumulate(gaps[length] for length in lengths))
    return lengths[bisect_left(so_far, _SHARE * so_far[-1])]


def _expectation(entry: Located) -> Expectation:
    found = entry.mapping({"name", "expect_every", "severity", "owner"}, {"name"})
    every = found["expect_every"].duration() if "expect_every" in found else None
    if every is not None and every <= timedelta():
        raise found["expect_every"].problem("a source cannot be heard so often.", "Write `5m` or more.")
    severity: Severity | None = Severity.P3
    if "severity" in found:
        word = found["severity"].choice([*(each.value for each in Severity), "none"])
        severity = None if word == "none" else Severity(word)
    return Expectation(
        pattern=found["name"].string(),
        every=every,
        severity=severity,
        owner=found["owner"].string() if "owner" in found else "",
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
