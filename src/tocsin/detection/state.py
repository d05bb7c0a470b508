"""What detection remembers between batches: windows, bursts and what may still change, in shards."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tocsin.detection.problems import WindowStateUnreadable
from tocsin.domain.detected import SignalRef
from tocsin.domain.signal import Signal

FORMAT = 2

# Groups lie in shards 0 to 63 by a stable hash; what concerns all groups of a rule lies in the last one.
SHARDS = 64
POPULATION = SHARDS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Of many hits in one window so many at either end keep their records; see `WindowState.lighten`.
KEPT_RECORDS = 50

# Before and after every time a signal can carry.
NEVER = -(2**62)
FOREVER = 2**62


class Ref(msgspec.Struct, frozen=True, array_like=True):
    """A signal as evidence; `time` in microseconds since 1970."""

    source: str
    position: int
    time: int
    raw: bytes

    def as_evidence(self) -> SignalRef:
        """Return the domain's form."""
        return SignalRef(source=self.source, position=self.position, time=instant(self.time), raw=self.raw)


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One signal (or one firing of a chained correlation) as a correlation sees it in one group.

    `slots` has one bit for each referenced rule that it matches, `value` is what is measured, `texts` are the
    group's values as written. `raw` is None once no evidence needs the record any more. `origin` names the
    chained correlation and its group, empty for a signal; `shown` is then the signal that stands as evidence.
    `peer` names the kind of peers that a baseline compares with.
    """

    time: int
    source: str
    position: int
    slots: int
    value: str | float | None = None
    texts: tuple[str, ...] = ()
    raw: bytes | None = None
    origin: str = ""
    shown: Ref | None = None
    peer: str = ""

    def evidence(self) -> Ref:
        """Return the signal to show."""
        return self.shown or Ref(self.source, self.position, self.time, self.raw or b"")

    def place(self) -> tuple[int, str, int, str]:
        """Return what orders hits: time, then source and sequence, so that no arrival order matters."""
        return (self.time, self.source, self.position, self.origin)


class Burst(msgspec.Struct, array_like=True):
    """One burst. `began` and `fired` are its first and last firing; all times in microseconds.

    `first` and `last` are the times of its signals, `ends` is when it was over, None while that is unknown.
    """

    group: tuple[str, ...]
    first: int
    last: int
    began: int
    fired: int
    count: int
    measured: float
    head: list[Ref]
    tail: list[Ref]
    ends: int | None = None
    note: str = ""


class Announced(msgspec.Struct, frozen=True, array_like=True):
    """A burst that was told, under which key, and what was told last; `began` finds it again."""

    key: str
    began: int
    told: tuple[int, int, int, int, str]


class Alarm(msgspec.Struct, array_like=True):
    """E2: since when the condition holds, since when it fires, and since when it is false while firing."""

    since: int = NEVER
    firing: int = NEVER
    cleared: int = NEVER


class Known(msgspec.Struct, array_like=True):
    """E4: when each value was last seen, and when the group was first and last seen."""

    seen: dict[str, int]
    first: int
    last: int


class Habit(msgspec.Struct, array_like=True):
    """E3: the group's past windows as (start, count, was frozen), the window that runs, and its peers."""

    past: list[tuple[int, float, bool]]
    start: int
    count: float
    fired: bool
    first: int
    peer: str


class GroupState(msgspec.Struct, array_like=True):
    """What one rule remembers of one group.

    `held` is the settled window, of which the newest `uncounted` belong to no burst yet; `pending` waits, in
    order, for the watermark; everything before `settled` is final. `due` is the watermark at which something
    must be decided although nothing new arrives. `newest` is the newest hit's time.
    """

    held: list[Held] = []
    uncounted: int = 0
    bursts: list[Burst] = []
    pending: list[Held] = []
    announced: list[Announced] = []
    settled: int = NEVER
    due: int = FOREVER
    newest: int = NEVER
    alarm: Alarm | None = None
    known: Known | None = None
    habit: Habit | None = None

    def size(self) -> int:
        """Return how many hits are held."""
        values = len(self.known.seen) if self.known is not None else 0
        windows = len(self.habit.past) if self.habit is not None else 0
        return len(self.held) + len(self.pending) + values + windows


class RuleState(msgspec.Struct, array_like=True):
    """One rule's groups in one shard, the one touched longest ago first, and its diagnostics there.

    `sources` are those whose signals it took, `heard` is up to when these had been heard; what is known of a
    rule is spread over its shards.
    """

    groups: dict[str, GroupState] = {}
    counters: dict[str, int] = {}
    size: int = 0
    due: int = FOREVER
    heard: int = NEVER
    sources: list[str] = []


class Shard(msgspec.Struct):
    """One part of the state. `heard` is up to when it was judged; `newest` and `observed` are signals' times.

    These are the newest and, in the last shard only, the oldest that was seen.
    """

    format: int = FORMAT
    heard: int = NEVER
    newest: int = NEVER
    observed: int = FOREVER
    rules: dict[str, RuleState] = {}
    populations: dict[str, dict[str, tuple[float, float, int]]] = {}


class WindowState:
    """The state of a plan between two batches; never changed in place, so a failed commit can be retried.

    Rules are keyed by a digest of their meaning: a plan drops what it doesn't know and keeps the rest. `tips`
    caches work that could be done again from the rest; it is not part of what is remembered.
    """

    __slots__ = ("shards", "tips")

    def __init__(self, shards: Mapping[int, Shard] | None = None) -> None:
        self.shards: dict[int, Shard] = dict(shards or {})
        self.tips: dict[tuple[str, str], Any] = {}

    @property
    def heard(self) -> int:
        """Return up to when the sources were heard, in microseconds since 1970."""
        return max((shard.heard for shard in self.shards.values()), default=NEVER)

    @property
    def newest(self) -> int:
        """Return the newest event time that was judged."""
        return max((shard.newest for shard in self.shards.values()), default=NEVER)

    @property
    def observed(self) -> int:
        """Return the oldest event time that was judged, as far as that is known."""
        return min((shard.observed for shard in self.shards.values()), default=FOREVER)

    def of_rule(self, key: str) -> tuple[RuleState, ...]:
        """Return what the shards remember of a rule."""
        return tuple(shard.rules[key] for shard in self.shards.values() if key in shard.rules)

    def counted(self, key: str) -> dict[str, int]:
        """Return how often each thing happened that the operator of a rule should see."""
        total: dict[str, int] = {}
        for kept in self.of_rule(key):
            for what, count in kept.counters.items():
                total[what] = total.get(what, 0) + count
        return total

    def dump(self, numbers: Iterable[int] | None = None) -> dict[int, bytes]:
        """Return the shards of these numbers (all without) as bytes; equal shards give equal bytes."""
        chosen = self.shards if numbers is None else {number: self.shards[number] for number in numbers}
        return {number: _encoder.encode(shard) for number, shard in sorted(chosen.items())}

    @classmethod
    def load(cls, stored: Mapping[int, bytes]) -> WindowState:
        """Read what `dump` wrote. Raises WindowStateUnreadable; missing shards are empty ones."""
        return cls({number: _decoded(number, kept) for number, kept in stored.items()})

    def with_shards(self, stored: Mapping[int, bytes]) -> WindowState:
        """Return this state with some shards replaced by stored ones. Raises WindowStateUnreadable."""
        return WindowState({**self.shards, **{n: _decoded(n, kept) for n, kept in stored.items()}})

    def lighten(self, numbers: Iterable[int]) -> None:
        """Let go of records in the middle of long windows, in the shards of these numbers.

        Only for who can read a record again by its source and position: evidence may then come without it.
        """
        for number in numbers:
            for kept in self.shards[number].rules.values():
                for group in kept.groups.values():
                    _lighten(group.held)
                    _lighten(group.pending)

    def __eq__(self, other: object) -> bool:
        """Say whether two states remember the same."""
        return isinstance(other, WindowState) and self.dump() == other.dump()

    __hash__ = None  # type: ignore[assignment]


def shard_of(key: str, group: str) -> int:
    """Return the number of the shard that holds a rule's group, the same on every machine."""
    return zlib.crc32(f"{key}\0{group}".encode("utf-8", "replace")) % SHARDS


def micros(time: datetime) -> int:
    """Return an aware instant in microseconds since 1970, exactly."""
    return (time - _EPOCH) // _MICROSECOND


def instant(time: int) -> datetime:
    """Return microseconds since 1970 as an aware instant."""
    return _EPOCH + timedelta(microseconds=time)


def held(signal: Signal, slots: int, value: str | float | None = None, texts: tuple[str, ...] = ()) -> Held:
    """Return a signal as a hit."""
    return Held(micros(signal.time), signal.source, signal.position, slots, value, texts, signal.raw)


def _lighten(hits: list[Held]) -> None:
    place = len(hits) - KEPT_RECORDS - 1
    # What lies before a hit without its record was let go of before.
    while place >= KEPT_RECORDS and hits[place].raw is not None:
        hits[place] = msgspec.structs.replace(hits[place], raw=None)
        place -= 1


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder: Any = msgspec.msgpack.Decoder(Shard)


def _decoded(number: int, stored: bytes) -> Shard:
    try:
        shard: Shard = _decoder.decode(stored)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(number, str(error)) from error
    if shard.format != FORMAT:
        raise _unreadable(number, f"it has format {shard.format}, this version reads {FORMAT}")
    return shard


def _unreadable(number: int, reason: str) -> WindowStateUnreadable:
    return WindowStateUnreadable(
        f"The stored window state cannot be read: shard {number}: {reason}.",
        means="Open bursts are forgotten: one that goes on will come out as a new alert.",
        next_step="Start with an empty state; if the file is damaged, check the disk.",
    )
