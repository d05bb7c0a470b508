"""What actions have in common that only read, or of which nothing can be read back."""

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


def nothing_to_read_back(arguments: Arguments, kept: Kept) -> Play[bool | None]:
    """Say that the partner shows nothing by which one could tell."""
    return known(None)
