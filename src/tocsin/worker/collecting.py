"""Collectors at work: gather, keep the bytes, make them exhibits; what fails leaves a gap that says so."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from tocsin.domain.acting import Call, Caller, CallFailed, Collector, Gathered
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.job import Job
from tocsin.domain.playing import PlayEndless, drive
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves
from tocsin.evidence.exhibits import Deposit
from tocsin.evidence.gaps import gap_content, gap_deposit
from tocsin.flow.admitting import Stored
from tocsin.flow.collect import TRY_AGAIN_AFTER, Asked, Collected
from tocsin.flow.respond import Respond
from tocsin.store.age import encrypting
from tocsin.worker.kernel import Effect

Callers = Callable[[str], Caller]
NOTHING_THERE = "it was answered with nothing at all"


class BudgetSpent(Exception):
    """A collector's time is over."""


@dataclass(frozen=True, slots=True)
class Again:
    """The partner asks to come again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Budget:
    """The time that one collector has; looked at before each call, and at each piece of what it reads."""

    clock: Clock
    ends_at: datetime
    seconds: float

    def demand(self) -> None:
        """Raise `BudgetSpent` when the time is over."""
        if self.clock.now() >= self.ends_at:
            raise BudgetSpent(f"it did not finish within {self.seconds:g} s")


@dataclass(frozen=True, slots=True)
class Within:
    """Makes the calls of another caller while there is time."""

    caller: Caller
    budget: Budget

    def call(self, call: Call) -> object:
        """Make one call. Raises `BudgetSpent`, `CallFailed`."""
        self.budget.demand()
        return self.caller.call(call)


class Timed(io.RawIOBase):
    """A stream that is read while there is time."""

    def __init__(self, content: BinaryIO, budget: Budget) -> None:
        self._content = content
        self._budget = budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next piece. Raises `BudgetSpent`."""
        self._budget.demand()
        return self._content.read(size)


@dataclass(frozen=True, slots=True)
class Collecting:
    """The effect behind `collect` jobs. It may be repeated: the same bytes are kept once.

    `callers` finds who makes the calls of a service; `recipients` are those to whom secrets are encrypted.
    """

    respond: Respond
    callers: Callers
    recipients: tuple[str, ...] = ()

    def act(self, asked: Collected | Asked | None) -> tuple[Stored, ...] | Again:
        """Store what was gathered, or the gap in its place; nothing when there was nobody to gather for."""
        if asked is None:
            return ()
        if isinstance(asked, Collected):
            digest, size = self._locker.keep(io.BytesIO(asked.content))
            return (Stored(asked.deposit, digest, size),)
        if asked.collector is None:
            return (self._gap(asked, asked.deposit, asked.refusal),)
        limit = asked.collector.time_limit_s
        budget = Budget(self.respond.clock, self.respond.clock.now() + timedelta(seconds=limit), limit)
        try:
            gathered = drive(
                asked.collector.gather(asked.arguments), lambda name: Within(self.callers(name), budget)
            )
        except CallFailed as failed:
            if failed.kind is FailureKind.RETRY_LATER and not asked.is_last_try:
                return Again(failed.reason)
            return (self._gap(asked, asked.deposit, failed.reason),)
        except Overloaded:
            raise
        except Explained as refused:
            return (self._gap(asked, asked.deposit, refused.happened),)
        except (BudgetSpent, PlayEndless) as ended:
            return (self._gap(asked, asked.deposit, str(ended)),)
        return tuple(self._kept(asked, asked.collector, gathered, budget))

    def settle(self, shelves: Shelves, job: Job, outcome: object) -> None:
        """Make what was stored exhibits, together with the job's own end."""
        if isinstance(outcome, Again):
            later = self.respond.clock.now() + TRY_AGAIN_AFTER * job.attempts
            shelves.jobs.retry(job.key, job.owner, later, outcome.reason)
            return
        if isinstance(outcome, tuple):
            self.respond.settle(shelves, outcome)
        shelves.jobs.finish(job.key, job.owner)

    def effect(self) -> Effect:
        """Return the handler for the kernel."""
        return Effect(self.act, self.settle, self.respond.collection_failed, prepare=self.respond.collect)

    @property
    def _locker(self) -> EvidenceLocker:
        return self.respond.locker

    def _kept(
        self, asked: Asked, collector: Collector, gathered: tuple[Gathered, ...], budget: Budget
    ) -> Iterator[Stored]:
        """Store each stream; one that fails leaves a gap and does not stop the others."""
        if not gathered:
            yield self._gap(asked, asked.deposit, NOTHING_THERE)
        for each in gathered:
            with closing(each.content):
                deposit = _deposit_of(asked, each, encrypted=collector.encrypts)
                try:
                    yield self._stored(asked, deposit, each, budget)
                except BudgetSpent as spent:
                    yield self._gap(asked, deposit, str(spent))
                except CallFailed as failed:
                    yield self._gap(asked, deposit, failed.reason)

    def _stored(self, asked: Asked, deposit: Deposit, each: Gathered, budget: Budget) -> Stored:
        content = Timed(each.content, budget)
        first = content.read(1)
        if not first:
            return self._gap(asked, deposit, each.gap or NOTHING_THERE)
        whole = cast(BinaryIO, _Whole(first, content))
        with ExitStack() as held:
            kept = held.enter_context(encrypting(whole, self.recipients)) if deposit.encrypted else whole
            digest, size = self._locker.keep(kept)
        return Stored(replace(deposit, gap=each.gap), digest, size)

    def _gap(self, asked: Asked, deposit: Deposit, reason: str) -> Stored:
        stands_in = gap_deposit(deposit, reason)
        content = gap_content(stands_in, asked.incident, asked.at)
        digest, size = self._locker.keep(io.BytesIO(content))
        return Stored(stands_in, digest, size)


class _Whole(io.RawIOBase):
    """A stream with its first byte put back: what is empty must be known before anything is written."""

    def __init__(self, first: bytes, rest: Timed) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        first, self._first = self._first, b""
        return first + self._rest.read(size if size < 0 else max(size - len(first), 0))


def _deposit_of(asked: Asked, gathered: Gathered, *, encrypted: bool) -> Deposit:
    """Return the deposit of one stream: its own object and source where it names them."""
    of, source = gathered.of or asked.deposit.of, gathered.source
    described = f"{asked.deposit.label.description}{f', from {source}' if source else ''}"
    return replace(
        asked.deposit,
        name=f"{asked.deposit.name}-{gathered.name}{'.age' if encrypted else ''}",
        media_type=gathered.media_type,
        label=replace(asked.deposit.label, description=described),
        of=of,
        encrypted=encrypted,
    )
