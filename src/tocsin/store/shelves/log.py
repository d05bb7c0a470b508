"""Keeps the line of logs: the inbox, the leaves that were given a place, and the signed checkpoints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connections
from django.db.models import BinaryField, Max, QuerySet
from django.db.models.functions import Cast
from django.db.utils import Error

from tocsin.domain.entry import Checkpoint, Leaf, Stretch
from tocsin.domain.errors import Explained
from tocsin.store import models
from tocsin.store.faults import overload_from
from tocsin.store.leaf import CARRIED, PLACES, entry_mac, first_place, is_ours, stamp_of
from tocsin.store.locks import lock
from tocsin.store.rows import insert
from tocsin.store.shelves.leaves import leaves_of, stretch_of
from tocsin.store.shelves.placing import Waiting, leave, place, wait
from tocsin.store.writers import next_stamp

# SQLite keeps a text under a number column; it sorts behind every number and so behind this bound.
_LAST_PLACE = 2**63 - 1
_ASKED_AT_ONCE = 500
_READ_AT_ONCE = 1000
_COLUMNS = ("entry_id", "raw", "raw_mac", "writer", "counter")


class LogGone(Explained):
    """The database holds no log that could be read: a table of it is not there, or not as we made it."""

    code = "log_gone"

    def __init__(self, how: str) -> None:
        super().__init__(
            f"The log is gone: {how}.",
            means="Somebody removed or replaced it behind Tocsin's back; nothing of it is proven any more.",
            next_step=(
                "Do not repair the database: save it as it is, open an incident of type audit-integrity, and "
                "restore the latest backup elsewhere."
            ),
        )


class DjangoLog:
    """The log that is written to now, or the one of the line whose number is given."""

    def __init__(self, alias: str, entry_key: bytes, number: int | None = None) -> None:
        self._alias = alias
        self._key = entry_key
        self._number = number

    def of(self, number: int) -> DjangoLog:
        return DjangoLog(self._alias, self._key, number)

    def latest(self) -> int:
        with _there(self._alias):
            last = self._all().filter(index__gte=0).aggregate(last=Max("index"))["last"]
        return 1 if last is None else int(last) // PLACES + 1

    def append(self, entry_id: UUID, content: bytes) -> None:
        stamp = next_stamp(self._alias)
        wait(entry_id, content, entry_mac(self._key, entry_id, content, stamp), stamp, self._alias)

    def sequence(self, limit: int = 5000) -> int:
        lock("log.sequence", self._alias)
        ours = tuple(self._next(limit))
        if ours:
            place(ours, first_place(self._current) + self.size(), self._alias)
            leave([row.id for row in ours], self._alias)
        return len(ours)

    def begin(self, entries: Sequence[tuple[UUID, bytes]]) -> None:
        lock("log.sequence", self._alias)
        if self.size():
            raise ValueError("a log that has entries was begun already")
        rows = []
        for entry_id, content in entries:
            stamp = next_stamp(self._alias)
            mac = entry_mac(self._key, entry_id, content, stamp)
            rows.append(Waiting(0, entry_id, content, mac, stamp.writer, stamp.counter))
        place(rows, first_place(self._current), self._alias)

    def carried(self, start: int) -> tuple[tuple[UUID, bytes], ...]:
        rows = self._rows().filter(index__gte=first_place(self._current) + start).order_by("index")
        with _there(self._alias):
            return tuple(
                (uuid5(entry_id, CARRIED), bytes(content))
                for entry_id, content, *rest in _raw(rows).values_list(*_COLUMNS)
                if self._is_ours(entry_id, content, *rest)
            )

    def _next(self, limit: int) -> Iterator[Waiting]:
        """Yield what waits and is ours, by id."""
        rows = _raw(models.LogWaiting.objects.using(self._alias)).order_by("id")
        last, good = 0, 0
        while good < limit:
            page = tuple(rows.filter(id__gt=last)[: limit - good].values_list("id", *_COLUMNS))
            if not page:
                return
            for number, entry_id, content, mac, *stamp in page:
                row = Waiting(number, entry_id, bytes(content), bytes(mac), *stamp)
                if self._is_ours(*row.signed):
                    good += 1
                    yield row
            last = page[-1][0]

    @property
    def _current(self) -> int:
        return self.latest() if self._number is None else self._number

    def _all(self) -> QuerySet[models.Leaf]:
        return models.Leaf.objects.using(self._alias).filter(index__lte=_LAST_PLACE)

    def _rows(self) -> QuerySet[models.Leaf]:
        first = first_place(self._current)
        return self._all().filter(index__gte=first, index__lt=first + PLACES)

    def size(self) -> int:
        with _there(self._alias):
            last = self._rows().aggregate(last=Max("index"))["last"]
        return 0 if last is None else int(last) % PLACES + 1

    def waiting(self) -> int:
        with _there(self._alias):
            return models.LogWaiting.objects.using(self._alias).count()

    def waiting_contents(self) -> tuple[bytes, ...]:
        rows = _raw(models.LogWaiting.objects.using(self._alias)).order_by("id")
        with _there(self._alias):
            return tuple(bytes(content) for content in rows.values_list("raw", flat=True))

    def leaves(self, start: int, stop: int) -> tuple[Leaf, ...]:
        with _there(self._alias):
            return leaves_of(self._alias, self._current, max(start, 0), min(stop, PLACES))

    def stretch(self, start: int, stop: int) -> Stretch:
        with _there(self._alias):
            return stretch_of(self._alias, self._current, self._key, max(start, 0), min(stop, PLACES))

    def stamps(self, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        first = first_place(self._current)
        rows = self._all().filter(index__gte=first + start, index__lt=first + stop, writer__isnull=False)
        with _there(self._alias):
            found = (stamp_of(*row) for row in rows.order_by("index").values_list("writer", "counter"))
            return tuple((stamp.writer, stamp.counter) for stamp in found if stamp is not None)

    def first_forged(self, start: int) -> int | None:
        number = self._current
        ours = self.of(number)
        for at in range(start, ours.size(), _READ_AT_ONCE):
            forged = ours.stretch(at, at + _READ_AT_ONCE).forged
            if forged is not None:
                return forged
        # What waits belongs to the log that is written to, and to no earlier one.
        return self.forged_waiting() if number >= self.latest() else None

    def forged_waiting(self) -> int | None:
        waiting = _raw(models.LogWaiting.objects.using(self._alias)).order_by("id")
        with _there(self._alias):
            for index, row in enumerate(waiting.values_list(*_COLUMNS).iterator(), self.size()):
                if not self._is_ours(*row):
                    return index
        return None

    def strays(self, number: int) -> int:
        with _there(self._alias):
            inside = self._all().filter(index__gte=0, index__lt=first_place(number + 1))
            return models.Leaf.objects.using(self._alias).count() - inside.count()

    def _is_ours(self, entry_id: UUID, content: bytes, mac: bytes, writer: object, counter: object) -> bool:
        stamp = stamp_of(writer, counter)
        if stamp is None and not (writer is None and counter is None):
            return False
        return is_ours(self._key, entry_id, bytes(content), bytes(mac), stamp)

    def index_of(self, entry_id: UUID) -> int | None:
        found = self.whereabouts(entry_id)
        return found[1] if found is not None and found[0] == self._current else None

    def indexes_of(self, entry_ids: Collection[UUID]) -> Mapping[UUID, int]:
        known = {each: each for each in entry_ids} | {uuid5(each, CARRIED): each for each in entry_ids}
        asked, first, found = list(known), first_place(self._current), dict[UUID, int]()
        with _there(self._alias):
            for start in range(0, len(asked), _ASKED_AT_ONCE):
                rows = self._all().filter(entry_id__in=asked[start : start + _ASKED_AT_ONCE], index__gte=0)
                for entry_id, at in rows.values_list("entry_id", "index"):
                    found[known[entry_id]] = max(at, found.get(known[entry_id], 0))
        return {each: last - first for each, last in found.items() if first <= last < first + PLACES}

    def whereabouts(self, entry_id: UUID) -> tuple[int, int] | None:
        either = (entry_id, uuid5(entry_id, CARRIED))
        with _there(self._alias):
            # An entry that was carried over lies in both logs; where it was carried to, it can be sealed.
            rows = self._all().filter(entry_id__in=either, index__gte=0).order_by("-index")
            found = rows.values_list("index", flat=True).first()
        return None if found is None else (found // PLACES + 1, found % PLACES)

    def is_sealed(self, entry_id: UUID) -> bool:
        found = self.whereabouts(entry_id)
        if found is None:
            return False
        rows = models.Checkpoint.objects.using(self._alias).filter(log=found[0], size__gt=found[1])
        with _there(self._alias):
            return rows.exists()

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        row = models.Checkpoint(
            log=self._current,
            origin=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root,
            note=checkpoint.note,
            signed_at=checkpoint.signed_at,
        )
        insert(row, self._alias)

    def last_checkpoint(self) -> Checkpoint | None:
        rows = models.Checkpoint.objects.using(self._alias).filter(log=self._current)
        with _there(self._alias):
            row = rows.order_by("-size", "-id").first()
            return None if row is None else _checkpoint(row)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        rows = models.Checkpoint.objects.using(self._alias).filter(log=self._current)
        with _there(self._alias):
            return tuple(_checkpoint(row) for row in rows.order_by("size", "id"))

    def checkpoints_over(self, index: int, limit: int) -> tuple[Checkpoint, ...]:
        rows = models.Checkpoint.objects.using(self._alias).filter(log=self._current, size__gt=index)
        with _there(self._alias):
            return tuple(_checkpoint(row) for row in rows.order_by("size", "id")[:limit])


@contextmanager
def _there(alias: str) -> Iterator[None]:
    """Turn a missing table, a missing column and a value of a wrong type into `LogGone`."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise LogGone("a row of it holds a value that Tocsin never wrote") from error
    except Error as error:
        if overload_from(error, connections[alias].vendor) is not None:
            raise
        raise LogGone("a table of it is missing or was replaced") from error


def _raw(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add content and MAC as bytes: who writes around us can leave any type in a SQLite column.

    Verification must read on, to name the entry.
    """
    binary: BinaryField[Any, Any] = BinaryField()
    raw: QuerySet[Any] = rows.annotate(raw=Cast("content", binary), raw_mac=Cast("mac", binary)).defer(
        "content", "mac"
    )
    return raw


def _checkpoint(row: models.Checkpoint) -> Checkpoint:
    if not (isinstance(row.size, int) and isinstance(row.note, str) and isinstance(row.signed_at, datetime)):
        raise TypeError("a checkpoint's row holds a value of another type")
    return Checkpoint(
        origin=row.origin, size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at
    )
