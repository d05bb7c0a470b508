"""Why the lake refuses: names and lines it cannot keep, positions that are gone, a disk, a missing extra."""

from __future__ import annotations

import errno
import os
import re

from tocsin.domain.errors import Explained, NotFound, Overloaded

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class SignalRefused(Explained):
    """A source's name or a record cannot be kept in the lake."""

    code = "signal_refused"


class SignalsMissing(Explained):
    """The lake holds no signals at a position up to which, or from which, it should."""

    code = "signals_missing"


class LakeBroken(Explained):
    """The lake's manifest, or a segment it lists, is not what was written."""

    code = "lake_broken"


class LakeExtraMissing(Explained):
    """Sealed signals cannot be read or written without the libraries of the extra `lake`."""

    code = "lake_extra_missing"


class HoldRefused(Explained):
    """A legal hold cannot be set or lifted as asked."""

    code = "hold_refused"


def checked_source(source: str) -> str:
    """Return a source's name if it can be one. Raises `SignalRefused`."""
    if not _SOURCE.fullmatch(source):
        raise SignalRefused(
            f"{source[:80]!r} cannot be the name of a source.",
            means="The signals of this request were not kept.",
            next_step="Use up to 64 lower-case letters, digits and . _ -, with a letter or digit first.",
        )
    return source


def unknown_source(source: str) -> NotFound:
    """Return (not raise) that no signals of a source are kept."""
    return NotFound(
        f"The lake holds no signals of a source named {source[:80]!r}.",
        means="Nothing was looked for, because the answer would be empty for the wrong reason.",
        next_step="`tocsin lake status` names the sources there are.",
    )


def disk_refused(error: OSError) -> Overloaded:
    """Return (not raise) a disk's refusal as one that asks the sender to come again."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        happened, next_step = (
            "The disk of the lake is full.",
            "Free space on it; nothing else needs to be done.",
        )
    else:
        happened = f"The disk of the lake refused to write: {os.strerror(error.errno or errno.EIO)}."
        next_step = "Look at the disk's health, its mount and the folder's owner."
    return Overloaded(
        happened,
        means="Nothing of this request was kept; the sender is asked to try again.",
        next_step=next_step,
    )


def broken(what: str) -> LakeBroken:
    """Return (not raise) that the lake is not what was written."""
    return LakeBroken(
        what,
        means="Signals were changed, removed or damaged behind Tocsin's back; what they prove is in doubt.",
        next_step="Save the lake's folder as it is, run `tocsin lake verify`, and restore from a backup.",
    )


def outdated(segment: str) -> LakeBroken:
    """Return (not raise) that a segment was sealed by a version whose segments are not read any more."""
    return LakeBroken(
        f"The segment {segment} is not in the form in which this version seals.",
        means="It was sealed by another version of Tocsin, or is no segment; nothing in it was looked for.",
        next_step="Read it with the version that sealed it, or as Parquet, and append its records again.",
    )
