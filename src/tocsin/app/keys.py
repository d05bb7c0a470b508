"""Secrets made on first use and kept in the home folder, readable by nobody else."""

from __future__ import annotations

import secrets
from pathlib import Path

from tocsin.domain.errors import Misconfigured
from tocsin.store.whole_files import create_whole

KEY_BYTES = 32


def secret_key(path: Path) -> bytes:
    """Return the key in the file; made with mode 0600 when it is not there, the same for all processes.

    The file appears whole, so that who comes second never reads half a key. Raises `Misconfigured` for a file
    that is no such key or cannot be made or read.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            create_whole(path, secrets.token_hex(KEY_BYTES).encode("ascii"))
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise _unfit(path, f"cannot be used: {error.strerror}") from error
    except ValueError:
        # The text itself may be a secret, so neither it nor the parser's words about it are shown.
        raise _unfit(path, "is not one line of hex digits") from None
    if len(key) < KEY_BYTES:
        raise _unfit(path, f"holds fewer than {KEY_BYTES} bytes")
    return key


def _unfit(path: Path, how: str) -> Misconfigured:
    return Misconfigured(
        f"The key {path} {how}.",
        means="Tocsin does not start, because sessions or the links in pages could not be trusted.",
        next_step="Restore it from a backup, or remove it; a new one ends all sessions and links so far.",
    )
