"""Watches the log: reads it again and again, and looks whether it is guarded and grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tocsin.app.breaches import breach_of
from tocsin.app.proving import Proving
from tocsin.app.wiring import App
from tocsin.audit.breach import CONTRADICTED, Break
from tocsin.audit.growth import EntryMissing, LogForked
from tocsin.audit.merkle import leaf_hash
from tocsin.audit.monitoring import Concern, Sight, Watch, gaps, looked, must_verify, report
from tocsin.audit.verify import Verdict
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Leaf
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.breach import Breach
from tocsin.flow.cosign import CONTRADICTION
from tocsin.flow.take import Take
from tocsin.store.guards import Guards, guards_of
from tocsin.store.shelves.log import LogGone

REST_S = 20.0
READ_AT_ONCE = 5_000
READ_A_ROUND = 100_000
"""So many old entries are read again in a round: a log of three times as many is whole within a minute."""
_MAX_REQUEST_BYTES = 1 << 20
WATCH = "log-watch"
"""The kind of mark that says which concerns people were told."""
_TELLING = "log-watch"


@dataclass(slots=True)
class Monitoring:
    """One round looks at everything and reads a part of the log again. Safe beside other processes."""

    store: Store
    clock: Clock
    proving: Proving
    take: Take
    breach: Breach
    locker: EvidenceLocker
    guards: Callable[[], Guards]
    most: int = READ_A_ROUND
    _watch: Watch | None = None
    _known: dict[int, int] = field(default_factory=dict)
    _counted: tuple[int, int] = (1, 0)
    _reread: tuple[int, int] = (1, 0)

    def round(self) -> float:
        """Look once: freeze a log that broke, tell what is of concern; return how long to rest."""
        self._heed_witnesses()
        number = self.proving.logs.number
        verdict, found = self.look()
        self._tell(found)
        if not verdict.sound and verdict.first_broken is not None:
            self.breach.judged(number, verdict, _fault(self.proving, number, verdict))
        self.breach.tell()
        return REST_S

    def look(self) -> tuple[Verdict, dict[Concern, str]]:
        """Look without writing anything: the verdict on the present log, and what is of concern.

        The verdict is of the whole log where something gave reason to read it, or nothing broke in the part
        that was read.
        """
        number = self.proving.logs.number
        try:
            sight = self._sight(number)
        except LogGone as gone:
            return _gone(gone), {Concern.REBUILT: f"{gone.happened} {gone.means}"}
        watch = self._watch or Watch(since=sight.now, log=number, traces=0)
        verdict = self._read(number, is_due=must_verify(watch, sight))
        if not verdict.sound and verdict.first_broken is None:
            sight = replace(sight, unvouched=verdict.reason)
        self._watch, found = looked(watch, sight)
        return verdict, found

    def _sight(self, number: int) -> Sight:
        now = self.clock.now()
        with self.store.reading() as shelves:
            ours = shelves.log.of(number)
            last, size = ours.last_checkpoint(), ours.size()
            is_forged = ours.forged_waiting() is not None
            sight = Sight(
                now=now,
                log=number,
                size=size,
                waiting=0 if is_forged else ours.waiting(),
                signed_at=last.signed_at if last else None,
                is_forged=is_forged,
                strays=ours.strays(number),
                gaps=self._gaps(shelves, number, size),
            )
        guards = self.guards()
        return replace(
            sight,
            database_now=guards.now,
            missing_guards=guards.missing,
            tables=guards.tables,
            traces=guards.traces,
            rewritten=guards.rewritten,
            unseen=guards.unseen,
        )

    def _gaps(self, shelves: Shelves, number: int, size: int) -> tuple[str, ...]:
        """Count the lines that are new since the last look, of the first look all."""
        if self._counted[0] != number:
            self._counted = (number, 0)
        found: list[str] = []
        while (start := self._counted[1]) < size:
            stop = min(start + READ_AT_ONCE, size)
            stamps = shelves.log.of(number).stamps(start, stop)
            found += gaps(self._known, stamps, is_whole=number == 1)
            self._counted = (number, stop)
        return tuple(found)

    def _read(self, number: int, *, is_due: bool) -> Verdict:
        """Verify the whole log if it is small or must be; else compare a part with the hashes outside."""
        with self.store.reading() as shelves:
            size = shelves.log.of(number).size()
        if is_due or size <= self.most or not self._part_is_whole(number, size):
            return self.proving.verdict(number)
        return _unread(size)

    def _part_is_whole(self, number: int, size: int) -> bool:
        """Read the next part of a long log again, in turn; say whether each entry is as it was signed."""
        signed = min(self.proving.logs.last_signed(number).size, size)
        start = self._reread[1] if self._reread[0] == number and self._reread[1] < signed else 0
        stop = min(start + self.most, signed)
        kept = self.proving.logs.signer_of(number).hashes(start)
        with self.store.reading() as shelves:
            for index in range(start, stop, READ_AT_ONCE):
                until = min(index + READ_AT_ONCE, stop)
                leaves = shelves.log.of(number).leaves(index, until)
                if len(leaves) != until - index or not all(_is_as_signed(leaf, kept) for leaf in leaves):
                    return False
        self._reread = (number, stop)
        return True

    def _heed_witnesses(self) -> None:
        """Freeze the log that a witness contradicts; each is believed once, then a person decides."""
        number = self.proving.logs.number
        origin = self.proving.logs.origin_of(number)
        with self.store.reading() as shelves:
            marks = shelves.marks.all(CONTRADICTION)
        earlier = [self.proving.logs.broken(each) for each in range(1, number)]
        believed = {each.proof.get("witness", "") for each in earlier if each is not None}
        for mark in sorted(marks):
            told = _told(marks[mark])
            witness = told.get("witness", "")
            if witness not in believed and self._is_about(told, origin):
                self.breach.freeze(self._contradicted(number, origin, told), told)
                return

    def _is_about(self, told: Mapping[str, str], origin: str) -> bool:
        """Say whether the request that a witness refused was about this log: its note's first line says."""
        if not told.get("request"):
            return False
        with self.locker.open(told["request"]) as file:
            request = file.read(_MAX_REQUEST_BYTES)
        return request.partition(b"\n\n")[2].startswith(origin.encode() + b"\n")

    def _contradicted(self, number: int, origin: str, told: Mapping[str, str]) -> Break:
        signed = self.proving.logs.last_signed(number)
        return Break(
            number=number,
            origin=origin,
            kind=CONTRADICTED,
            reason=(
                f"The witness {told['witness']} answered {told.get('status', '')} to the head at size "
                f"{told.get('size', '')}: it has seen another log of this name. Either ours was rewritten, "
                "or somebody else signs with our key."
            ),
            first_broken=None,
            found_at=self.clock.now(),
            size=signed.size,
            sealed_size=signed.size,
        )

    def _tell(self, found: Mapping[Concern, str]) -> None:
        """Raise what is new or goes on, end what has passed. Most rounds write nothing."""
        with self.store.reading() as shelves:
            known = shelves.marks.of(WATCH, [each.value for each in Concern])
        over = [each for each in Concern if each.value in known and each not in found and each.passes]
        # What somebody did is told once for each sentence; what goes on is told again before its lease ends.
        new = [each for each in found if each.passes or known.get(each.value) != found[each].encode()]
        if not (new or over):
            return
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(_TELLING)
            reports = [report(each, found[each], now) for each in new]
            ended = [report(each, "It is over.", now, is_over=True) for each in over]
            self.take.own(shelves, [*reports, *ended])
            shelves.marks.keep(WATCH, {each.value: found[each].encode() for each in new}, now)
            shelves.marks.drop(WATCH, [each.value for each in over])


def monitoring_of(app: App) -> Monitoring:
    """Return what watches an application's log."""
    parts = (app.store, app.clock, app.proving, app.take, breach_of(app), app.locker)
    return Monitoring(*parts, guards=lambda: guards_of("default"))


def _is_as_signed(leaf: Leaf, kept: Iterator[bytes]) -> bool:
    return leaf_hash(leaf.content) == leaf.leaf_hash == next(kept, leaf.leaf_hash)


def _told(mark: bytes) -> dict[str, str]:
    try:
        found = json.loads(mark)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _fault(proving: Proving, number: int, verdict: Verdict) -> LogForked | EntryMissing:
    signed = proving.logs.last_signed(number)
    return LogForked(signed) if verdict.size >= signed.size else EntryMissing(verdict.size)


def _unread(size: int) -> Verdict:
    return Verdict(
        sound=True,
        size=size,
        root=b"",
        first_broken=None,
        reason="The part that was read again is as it was signed.",
        checkpoints_checked=0,
        sealed_size=0,
        unsequenced=0,
    )


def _gone(gone: LogGone) -> Verdict:
    return replace(_unread(0), sound=False, reason=gone.happened)
