"""Sorts what a database raises: its own trouble becomes `Overloaded`, our mistakes stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError
from django.db.utils import Error

from tocsin.domain.errors import Explained, Overloaded

_LOCKED = (
    "is locked by another writer",
    "Find what holds it (a backup, a shell, another process) and end it.",
)
_FULL = ("has no space left on its disk", "Free space on the database's disk; nothing else needs to be done.")
_READ_ONLY = (
    "cannot be written to",
    "Check the file's owner and mode, the mount, or whether this is a standby.",
)
_BROKEN_DISK = ("could not read or write its disk", "Look at the disk's health, then run `tocsin doctor`.")
_DAMAGED = ("is damaged", "Stop Tocsin, keep a copy of the file, and restore the latest backup.")
_AWAY = ("cannot be reached", "Check that the database runs and that TOCSIN_DATABASE_URL points at it.")
_BUSY = ("has no room for more work", "Raise its connection or memory limits, or run fewer workers.")

# Primary result codes from https://www.sqlite.org/rescode.html.
_SQLITE = {
    5: _LOCKED,
    6: _LOCKED,
    8: _READ_ONLY,
    10: _BROKEN_DISK,
    11: _DAMAGED,
    13: _FULL,
    14: _AWAY,
    26: _DAMAGED,
}

# SQLSTATE codes, or their classes, from PostgreSQL's manual, appendix A; the longest match counts.
_POSTGRES = {
    "08": _AWAY,
    "25006": _READ_ONLY,
    "25P03": _AWAY,
    "28": _AWAY,
    "3D": _AWAY,
    "40": _LOCKED,
    "53": _BUSY,
    "53100": _FULL,
    "55P03": _LOCKED,
    "57": _AWAY,
    "57014": _LOCKED,
    "58": _BROKEN_DISK,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}


class TablesNotAsWritten(Explained):
    """A table is gone, was replaced, swallows what is written, or holds what Tocsin never wrote."""

    code = "tables_not_as_written"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The tables of the database are not as Tocsin wrote them ({kind}).",
            means="Somebody changed them behind Tocsin's back, or they were migrated only in part.",
            next_step="Save the database as it is, then look at its tables, triggers and rules.",
        )


@contextmanager
def tables_as_written() -> Iterator[None]:
    """Turn what foreign hands in the tables make of our work into `TablesNotAsWritten`.

    The driver's text is left out: it may quote rows.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, Error) as error:
        raise TablesNotAsWritten(type(error).__name__) from error


def overload_from(error: Error, vendor: str) -> Overloaded | None:
    """Return the refusal that explains a database's own trouble, None for a mistake of ours.

    The driver's text is left out: it may quote rows or addresses.
    """
    trouble = _sqlite_trouble(error) if vendor == "sqlite" else _postgres_trouble(error)
    if trouble is None:
        return None
    return overloaded(*trouble)


def overloaded(trouble: str, next_step: str) -> Overloaded:
    """Return the refusal for a database in trouble."""
    return Overloaded(
        f"The database {trouble}.",
        means="Nothing of this request was kept; the sender is asked to try again.",
        next_step=next_step,
    )


def turn_never_came() -> Overloaded:
    """Return the refusal for a writer whose turn did not come in time."""
    return overloaded(*_LOCKED)


def is_read_only(error: Error) -> bool:
    """Say whether the database refused a write because the transaction or the file only allows reading."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF == 8 or getattr(cause, "sqlstate", None) == "25006"


def _sqlite_trouble(error: Error) -> tuple[str, str] | None:
    # The low byte is the primary code; the rest says more than is needed here.
    return _SQLITE.get(getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF)


def _postgres_trouble(error: Error) -> tuple[str, str] | None:
    cause = error.__cause__
    if isinstance(error, InterfaceError):
        return _AWAY
    code = getattr(cause, "sqlstate", None)
    if code is None:
        # The driver has no code for a connection that could not be made or was cut; mistakes always have one.
        return _AWAY if type(cause).__name__ == "OperationalError" else None
    return _POSTGRES.get(code) or _POSTGRES.get(code[:2])
