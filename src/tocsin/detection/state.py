"""What detection remembers between batches: open bursts and sliding windows, ready to be committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tocsin.detection.problems import WindowStateUnreadable
from tocsin.domain.detected import SignalRef
from tocsin.domain.signal import Signal

FORMAT = 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Before every time a signal can carry.
NEVER = -(2**62)


class Ref(msgspec.Struct, frozen=True, array_like=True):
    """A signal as evidence; `time` in microseconds since 1970."""

    source: str
    position: int
    time: int
    raw: bytes

    def as_evidence(self) -> SignalRef:
        """Return the domain's form."""
        return SignalRef(source=self.source, position=self.position, time=instant(self.time), raw=self.raw)


class Burst(msgspec.Struct, array_like=True):
    """One burst that may still grow. `fired` is when it was last extended; times in microseconds."""

    key: str
    group: tuple[tuple[str, str], ...]
    first: int
    last: int
    fired: int
    count: int
    head: list[Ref]
    tail: list[Ref]


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One signal inside a window: when it counts, what is counted distinct, and the signal.

    `ref` is None once the signal belongs to a burst, which then keeps what evidence needs of it.
    """

    time: int
    value: str
    ref: Ref | None


class Window(msgspec.Struct, array_like=True):
    """The sliding window of one group. `uncounted` of the newest signals belong to no burst yet."""

    group: tuple[tuple[str, str], ...]
    held: list[Held]
    start: int
    distinct: dict[str, int]
    uncounted: int
    burst: Burst | None

    def size(self) -> int:
        """Return how many signals are inside."""
        return len(self.held) - self.start


class RuleState(msgspec.Struct, array_like=True):
    """What one rule remembers: its groups, the one touched longest ago first, and its diagnostics."""

    groups: dict[str, Window]
    burst: Burst | None
    held: int
    counters: dict[str, int]


class _Stored(msgspec.Struct):
    format: int
    newest: int
    rules: dict[str, RuleState]


class WindowState:
    """The state of a plan between two batches; never changed in place, so a failed commit can be retried.

    Rules are keyed by a digest of their meaning: a plan drops what it doesn't know and keeps the rest.
    """

    __slots__ = ("newest", "rules")

    def __init__(self, rules: Mapping[str, RuleState] | None = None, newest: int = NEVER) -> None:
        self.rules: dict[str, RuleState] = dict(rules or {})
        self.newest = newest

    def dump(self) -> bytes:
        """Return the state as bytes (MessagePack), the same for equal states."""
        return _encoder.encode(_Stored(format=FORMAT, newest=self.newest, rules=self.rules))

    @classmethod
    def load(cls, stored: bytes) -> WindowState:
        """Read what `dump` wrote. Raises WindowStateUnreadable; empty bytes are an empty state."""
        if not stored:
            return cls()
        try:
            kept = _decoder.decode(stored)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _unreadable(str(error)) from error
        if kept.format != FORMAT:
            raise _unreadable(f"it has format {kept.format}, this version reads {FORMAT}")
        return cls(kept.rules, kept.newest)

    def __eq__(self, other: object) -> bool:
        """Say whether two states remember the same."""
        return isinstance(other, WindowState) and self.dump() == other.dump()

    __hash__ = None  # type: ignore[assignment]


def micros(time: datetime) -> int:
    """Return an aware instant in microseconds since 1970, exactly."""
    return (time - _EPOCH) // _MICROSECOND


def instant(time: int) -> datetime:
    """Return microseconds since 1970 as an aware instant."""
    return _EPOCH + timedelta(microseconds=time)


def ref_of(signal: Signal) -> Ref:
    """Return a signal as evidence."""
    return Ref(signal.source, signal.position, micros(signal.time), signal.raw)


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder: Any = msgspec.msgpack.Decoder(_Stored)


def _unreadable(reason: str) -> WindowStateUnreadable:
    return WindowStateUnreadable(
        f"The stored window state cannot be read: {reason}.",
        means="Open bursts are forgotten: one that goes on will come out as a new alert.",
        next_step="Start with an empty state; if the file is damaged, check the disk.",
    )
