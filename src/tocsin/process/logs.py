"""What this process writes about itself: one line each to stderr, and never a token."""

from __future__ import annotations

import asyncio
import logging
import re
import sys

# Where our addresses hold a one-time token or a key; a browser may have written the slashes as %2F.
_TOKENS = re.compile(
    r"((?:/|%2F)(?:sign-in|schedules(?:/|%2F)feeds|hooks(?:/|%2F)(?:alertmanager|signals)|acknowledge(?:/|%2F)[^/%\s]*)(?:/|%2F))[^\s\"'?&]+",
    re.IGNORECASE,
)
# An API token belongs into no address; whoever writes one there by mistake still does not find it in a log.
_API_TOKENS = re.compile(r"tocs_[A-Za-z0-9_-]+")


class Masked(logging.Formatter):
    """Formats a record, its traceback included, with `***` where an address holds a token."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text without tokens."""
        return _API_TOKENS.sub("tocs_***", _TOKENS.sub(r"\1***", super().format(record)))


def is_worth_saying(record: logging.LogRecord) -> bool:
    """Say whether a record means something to the operator; a request cut off by the shutdown does not."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def write_logs(*, accesses: bool) -> None:
    """Write warnings, and on request one line for each access, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Masked("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(is_worth_saying)
    logging.getLogger().addHandler(handler)
    logging.getLogger("uvicorn.access").setLevel(logging.INFO if accesses else logging.WARNING)
