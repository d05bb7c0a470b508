"""Makes the web push channel; its key is made once and lies in the home folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.push.channel import PushChannel
from tocsin.connectors.push.vapid import Vapid, key_of
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store

KEY_BYTES = 32


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. Raises `Misconfigured` for a wrong contact or a key that cannot be used."""
    contact = values["TOCSIN_PUSH_CONTACT"]
    if not contact.startswith(("mailto:", "https://")):
        raise Misconfigured(
            "TOCSIN_PUSH_CONTACT does not begin with mailto: or https://.",
            means="Web push is not set up, because some browsers' makers refuse it without a contact.",
            next_step="Set it to mailto: and a mail address that somebody reads.",
        )
    path = Path(values["TOCSIN_HOME"]).expanduser() / "keys" / "push.key"
    vapid = Vapid(key_of(seed_in(path)), contact, clock)
    # The addresses come from browsers, that is from outside: nothing of our own network may be asked.
    return PushChannel(store, clock, vapid, Outbound(allow_private=False))


def seed_in(path: Path) -> bytes:
    """Return the key's seed from its file, made on first use with mode 0600. Raises `Misconfigured`."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
        seed = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        seed = b""
    if len(seed) != KEY_BYTES:
        raise Misconfigured(
            f"The key {path} cannot be used.",
            means="Tocsin does not start, because subscribed browsers would believe no other key.",
            next_step="Restore it from a backup, or remove it; then every browser has to subscribe anew.",
        )
    return seed


def _make(path: Path) -> None:
    """Let the whole file appear at once, so that two processes that start together hold the same key."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
