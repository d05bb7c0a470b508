"""Watches the log: reads it again and again, and looks whether it is guarded and grows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.app.breaches import breach_of
from tocsin.app.proving import Proving
from tocsin.app.wiring import App
from tocsin.audit.breach import CONTRADICTED, Break
from tocsin.audit.growth import EntryMissing, LogForked
from tocsin.audit.merkle import leaf_hash
from tocsin.audit.monitoring import Concern, Sight, Watch, gaps, looked, must_verify, report
from tocsin.audit.verify import Verdict
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Leaf
from tocsin.domain.errors import Explained
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.breach import Breach, begin_anew, incident_of
from tocsin.flow.cosign import CONTRADICTION
from tocsin.flow.take import Take
from tocsin.store.faults import tables_as_written
from tocsin.store.guards import Guards, guards_of
from tocsin.store.shelves.log import LogGone
from tocsin.worker.outcry import Outcry, outcry_of

log = logging.getLogger(__name__)

REST_S = 20.0
READ_AT_ONCE = 5_000
READ_A_ROUND = 100_000
"""So many old entries are read again in a round: a log of three times as many is whole within a minute."""
COMPARED_EVERY = timedelta(minutes=10)
"""So often rows are compared with a log of up to `READ_A_ROUND` entries."""
_SHOWN = 5
_MAX_REQUEST_BYTES = 1 << 20
_NAMED = ("witness", "request", "answer")
"""What the mark of a witness's answer names at least."""
_LONGEST = 2_000
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
    outcry: Outcry
    most: int = READ_A_ROUND
    _watch: Watch | None = None
    _known: dict[int, int] = field(default_factory=dict)
    _counted: tuple[int, int] = (1, 0)
    _reread: tuple[int, int] = (1, 0)
    _compared: tuple[datetime, str] | None = None

    def round(self) -> float:
        """Look once: freeze a log that broke, tell what is of concern; return how long to rest.

        Each step has its turn whatever those before it met: a table that is gone or a poisoned row keeps
        nobody from freezing the log and from calling people.
        """
        found: dict[Concern, str] = {}
        _each_in_turn(
            (
                lambda: self._look_and_freeze(found),
                self._heed_witnesses,
                self.breach.tell,
                lambda: self._tell(found),
                lambda: self.outcry.round(self._must_be_told(found)),
            )
        )
        return REST_S

    def _look_and_freeze(self, found: dict[Concern, str]) -> None:
        number = self.proving.logs.number
        verdict, seen = self.look()
        found.update(seen)
        if not verdict.sound and verdict.first_broken is not None:
            self.breach.judged(number, verdict, _fault(self.proving, number, verdict))
        elif verdict.sound and number == 1 and 0 < verdict.size <= self.most:
            self._compare(found)

    def _compare(self, found: dict[Concern, str]) -> None:
        """Compare all rows with a sound log, now and then: what disagrees was rewritten around us."""
        now = self.clock.now()
        if self._compared is None or now - self._compared[0] >= COMPARED_EVERY:
            against = self.proving.disagreements()
            faults = [each.sentence for each in (*against.exhibits, *against.records)]
            more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
            self._compared = (now, " ".join(faults[:_SHOWN]) + more)
        if self._compared[1]:
            found[Concern.REWRITTEN] = self._compared[1]

    def _must_be_told(self, found: Mapping[Concern, str]) -> tuple[AlertReport, ...]:
        """Return the alerts that must have an incident by now."""
        now = self.clock.now()
        concerns = (report(each, found[each], now) for each in found if each.is_tampering)
        return (*self.breach.alarms(), *concerns)

    def look(self) -> tuple[Verdict, dict[Concern, str]]:
        """Look without writing anything: the verdict on the present log, and what is of concern.

        The verdict is of the whole log where something gave reason to read it, or nothing broke in the part
        that was read.
        """
        number = self.proving.logs.number
        try:
            sight = self._sight(number)
        except LogGone as gone:
            guards = self.guards()
            lost = f" Gone are: {', '.join(guards.gone)}." if guards.gone else ""
            return _gone(gone), {Concern.REBUILT: f"{gone.happened} {gone.means}{lost}"}
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
        broken = self.proving.logs.broken(number - 1) if number > 1 else None
        return replace(
            sight,
            strange_guards=guards.strange,
            gone_tables=guards.gone,
            poisoned=self._words()[1],
            begun_at=None if broken is None else broken.found_at,
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

    def _words(self) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...]]:
        """Return what witnesses said against us, and a sentence for each mark that we did not write so."""
        try:
            with tables_as_written(), self.store.reading() as shelves:
                marks = shelves.marks.all(CONTRADICTION)
        except Explained as fault:
            return (), (f"It cannot be read what witnesses said of the log: {fault.happened}",)
        said, poisoned = [], []
        for name in sorted(marks):
            told = _told(marks[name])
            begins = None if told is None else self._request(told["request"])
            if told is None or begins is None:
                poisoned.append(
                    f"What is remembered of a witness's answer ({name[:40]!r}) was not written by Tocsin, or "
                    "the request that it answered is gone."
                )
            else:
                said.append({**told, "about": begins})
        return tuple(said), tuple(poisoned)

    def _heed_witnesses(self) -> None:
        """Freeze the log that a witness contradicts; each is believed once, then a person decides."""
        number = self.proving.logs.number
        origin = self.proving.logs.origin_of(number)
        believed = {broken.proof.get("witness", "") for broken in self.breach.breaks()}
        for told in self._words()[0]:
            if told["witness"] not in believed and told["about"] == origin:
                said = {name: value for name, value in told.items() if name != "about"}
                self.breach.freeze(self._contradicted(number, origin, said), said)
                return

    def _request(self, digest: str) -> str | None:
        """Return which log the request was about that a witness refused: its note's first line says.

        None where the request is not to be read.
        """
        try:
            with self.locker.open(digest) as file:
                request = file.read(_MAX_REQUEST_BYTES)
        except Explained:
            return None
        return request.partition(b"\n\n")[2].partition(b"\n")[0].decode("utf-8", "replace")

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
        now = self.clock.now()
        reports = {each: report(each, found[each], now) for each in found}
        with self.store.reading() as shelves:
            known = shelves.marks.of(WATCH, [each.value for each in Concern])
            untold = _untold(shelves, reports)
        over = _over(known, found)
        new = [each for each in found if each in untold or _is_to_be_told(each, found[each], known)]
        if not [*new, *over]:
            return
        with self.store.transaction() as shelves:
            shelves.lock(_TELLING)
            ended = [report(each, "It is over.", now, is_over=True) for each in over]
            for each in untold:
                begin_anew(shelves, reports[each], now)
            self.take.own(shelves, [*(reports[each] for each in new), *ended])
            shelves.marks.keep(WATCH, {each.value: found[each].encode() for each in new}, now)
            shelves.marks.drop(WATCH, [each.value for each in over])


def monitoring_of(app: App) -> Monitoring:
    """Return what watches an application's log."""
    parts = (app.store, app.clock, app.proving, app.take, breach_of(app), app.locker)
    return Monitoring(*parts, guards=lambda: guards_of("default"), outcry=outcry_of(app))


def _over(known: Mapping[str, bytes], found: Mapping[Concern, str]) -> tuple[Concern, ...]:
    """Return what was told and has passed by itself."""
    return tuple(each for each in Concern if each.passes and each.value in known and each not in found)


def _is_to_be_told(concern: Concern, sentence: str, known: Mapping[str, bytes]) -> bool:
    """Say so of what goes on, again before its lease ends, and once of each sentence about what was done."""
    return concern.passes or known.get(concern.value) != sentence.encode()


def _untold(shelves: Shelves, reports: Mapping[Concern, AlertReport]) -> frozenset[Concern]:
    """Return what has no incident, and so was told to nobody: a mark could have been written by anybody."""
    return frozenset(
        each for each in reports if each.is_tampering and not incident_of(shelves, reports[each])
    )


def _is_as_signed(leaf: Leaf, kept: Iterator[bytes]) -> bool:
    return leaf_hash(leaf.content) == leaf.leaf_hash == next(kept, leaf.leaf_hash)


def _each_in_turn(steps: Sequence[Callable[[], None]]) -> None:
    """Take every step; what tables make of one is logged, and what nobody foresaw is raised at the end."""
    if not steps:
        return
    try:
        with tables_as_written():
            steps[0]()
    except Explained as fault:
        log.error("the monitor goes on without a step: %s %s", fault.happened, fault.means)
    finally:
        _each_in_turn(steps[1:])


def _told(mark: bytes) -> dict[str, str] | None:
    """Read what was remembered of a witness's answer, None where Tocsin did not write it so."""
    try:
        found = json.loads(mark)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _NAMED):
        return None
    return {str(name): str(value)[:_LONGEST] for name, value in found.items()}


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
