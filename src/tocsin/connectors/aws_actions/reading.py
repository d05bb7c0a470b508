"""What actions that only read have in common: to do one again does no harm, and nothing is to be verified."""

from __future__ import annotations

from tocsin.connectors.aws_actions.asking import known
from tocsin.domain.acting import Arguments, Kept, Play, Seen


def read_again(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    """Say that it was not done, whatever was read before."""
    return known(Seen.NOT_DONE)


def nothing_to_verify(arguments: Arguments, kept: Kept) -> Play[bool]:
    """Say that all is as it was wanted."""
    is_so = True
    return known(is_so)
