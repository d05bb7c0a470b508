"""Packs bags, hands them out, and says of a file whether it is the bag that the log knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import BinaryIO, cast
from uuid import UUID, uuid4

import tocsin
from tocsin.app.evidence import recipients_of
from tocsin.app.exhibit_proofs import proofs_of
from tocsin.app.trusting import believed_in
from tocsin.app.wiring import App
from tocsin.audit.trust import Trust
from tocsin.domain.bag import Bag
from tocsin.domain.clock import Clock, SystemClock
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Store
from tocsin.evidence.bags import CUSTODY, Packing, custody_lines, digest_of, payload_path, tag_files
from tocsin.evidence.custody import refusal_of, verify_exhibits
from tocsin.evidence.holds import reason_of
from tocsin.flow.packing import Contents, HandedOut, bag_of, contents_of, handed_out, packed
from tocsin.flow.respond import Respond
from tocsin.store.age import encrypting
from tocsin.store.bags import BagStream, Payload


@dataclass(frozen=True, slots=True)
class Bagging:
    """Packs exhibits into bags, encrypted where there are `recipients`."""

    store: Store
    clock: Clock
    locker: EvidenceLocker
    respond: Respond
    recipients: tuple[str, ...]

    def pack(self, incident_id: UUID, actor: str) -> Bag:
        """Pack the exhibits of an incident, each verified on its way.

        One that is no longer what was kept is left out and named, in the bag and in the log: it must not keep
        the others from leaving the house. Raises `NotFound`; `ExhibitChanged` where nothing else is left, and
        `BagRefused` when one changes while it is packed.
        """
        now = self.clock.now()
        with self.store.transaction() as shelves:
            number = shelves.bags.next_number()
        with self.store.reading() as shelves:
            contents = contents_of(shelves, incident_id)
        faults = verify_exhibits(contents.exhibits, self.locker.digest_of)
        changed = {fault.exhibit.number for fault in faults}
        if len(changed) == len(contents.exhibits):
            raise refusal_of(faults[0])
        whole = tuple(each for each in contents.exhibits if each.number not in changed)
        contents = replace(contents, exhibits=whole)
        with self.store.reading() as shelves:
            proofs = proofs_of(shelves, contents.exhibits)
            trust = believed_in(shelves, now).trust
        bag = Bag(
            number=number,
            incident_id=incident_id,
            digest="",
            archive="",
            size=0,
            exhibits=tuple(each.number for each in contents.exhibits),
            recipients=self.recipients,
            entry_id=uuid4(),
            packed_at=now,
            packed_by=actor,
            left_out=tuple(fault.sentence for fault in faults),
        )
        return self._stored(bag, contents, proofs, trust)

    def open(self, number: int, actor: str, reason: str, released_to: str = "") -> tuple[Bag, BinaryIO]:
        """Hand out a bag's archive, verified; who asked for it and why is written down first.

        Raises `HoldReasonMissing`, and `NotFound`, also when the archive is no longer what was kept.
        """
        told = self._told(actor, reason, released_to)
        with self.store.reading() as shelves:
            bag = bag_of(shelves, number)
        self._demand_kept(bag.short_name, bag.archive)
        with self.store.transaction() as shelves:
            handed_out(shelves, bag.short_name, bag.exhibits, bag.archive, told)
        return bag, self.locker.open(bag.archive)

    def open_exhibit(
        self, number: int, actor: str, reason: str, released_to: str = ""
    ) -> tuple[Exhibit, BinaryIO]:
        """Hand out one exhibit's bytes. Raises as `open` does."""
        told = self._told(actor, reason, released_to)
        exhibit, content = self.respond.read(number, actor, told.reason)
        with self.store.transaction() as shelves:
            handed_out(shelves, exhibit.short_name, (number,), exhibit.digest, told)
        return exhibit, content

    def not_written(self, named: Bag | Exhibit, actor: str, why: str) -> None:
        """Write down that a copy, of which custody says already that it was handed out, was not written."""
        exhibits = named.exhibits if isinstance(named, Bag) else (named.number,)
        digest = named.archive if isinstance(named, Bag) else named.digest
        told = HandedOut(actor=actor, at=self.clock.now(), reason=f"This copy was not written: {why}.")
        with self.store.transaction() as shelves:
            handed_out(shelves, named.short_name, exhibits, digest, told)

    def proof(self, bag: Bag) -> Mapping[str, bytes]:
        """Return the proof that a bag's digest is in the log, by file name; none before it is sealed."""
        with self.store.reading() as shelves:
            return proofs_of(shelves, (bag,), folder="")

    def _told(self, actor: str, reason: str, released_to: str) -> HandedOut:
        named = " ".join(released_to.split())
        return HandedOut(actor=actor, at=self.clock.now(), reason=reason_of(reason), released_to=named)

    def _stored(self, bag: Bag, contents: Contents, proofs: Mapping[str, bytes], trust: Trust) -> Bag:
        name = f"{bag.short_name}-{contents.incident.short_name}"
        packing = Packing(
            name=bag.short_name,
            incident=contents.incident.short_name,
            title=contents.incident.title,
            incident_date=contents.incident.detected_at.date(),
            packed_by=bag.packed_by,
            packed_at=bag.packed_at,
            agent=f"Tocsin {tocsin.__version__}",
            clock_offset_s=_offset_s(self.clock),
            recipients=len(self.recipients),
            trust=trust.level.value,
            window=_spoken(trust),
            left_out=bag.left_out,
        )
        tags = tag_files(packing, contents.exhibits)
        custody = {CUSTODY: custody_lines(contents.custody)}
        stream = BagStream(
            name, {**tags, **custody, **proofs}, self._payload(contents.exhibits), bag.packed_at
        )
        plain = cast(BinaryIO, stream)
        sealed = encrypting(stream, self.recipients) if self.recipients else nullcontext(plain)
        with sealed as archive:
            digest, size = self.locker.keep(archive)
        made = replace(bag, digest=digest_of(tags), archive=digest, size=size)
        with self.store.transaction() as shelves:
            return packed(shelves, made)

    def _payload(self, exhibits: Sequence[Exhibit]) -> tuple[Payload, ...]:
        def one(exhibit: Exhibit) -> Payload:
            return Payload(
                payload_path(exhibit), exhibit.size, exhibit.digest, lambda: self.locker.open(exhibit.digest)
            )

        return tuple(one(exhibit) for exhibit in exhibits)

    def _demand_kept(self, name: str, digest: str) -> None:
        if self.locker.digest_of(digest) != digest:
            raise NotFound(
                f"{name} is no longer what was packed, or is gone: {digest}.",
                means="It is not handed out, because it proves nothing any more.",
                next_step="Treat this as tampering: tell the security lead; the log's entry has the digest.",
            )


def bagging_of(app: App) -> Bagging:
    """Return what packs an application's evidence. Raises `Misconfigured`."""
    return Bagging(app.store, app.clock, app.locker, app.respond, recipients_of(app))


def _spoken(trust: Trust) -> str:
    return "unbounded: nobody outside has seen the log" if trust.window_s is None else f"{trust.window_s} s"


def _offset_s(clock: Clock) -> float:
    return clock.jumped_by().total_seconds() if isinstance(clock, SystemClock) else 0.0
