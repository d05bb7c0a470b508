"""Makes what shows the log to others: its policy, its tiles, the witnesses that are asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin.app.wiring import App
from tocsin.audit.checkpoint import Head
from tocsin.audit.cosignature import cosigner_key
from tocsin.audit.note import parse_vkey
from tocsin.audit.policy import Policy, parse_policy
from tocsin.connectors.witness.client import WitnessClient
from tocsin.domain.entry import Checkpoint
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.shelves import Store
from tocsin.flow.cosign import Cosign
from tocsin.flow.sealing import Sealing
from tocsin.store.tiles import TileFolder

ENTRIES_AT_ONCE = 5000


def policy_of(app: App) -> Policy:
    """Return the policy of the file that TOCSIN_LOG_POLICY names, with the keys of our own logs.

    Without the setting no witness is asked and our own signature seals. Raises `Misconfigured` when the file
    cannot be read, `PolicyRefused` when it breaks a rule.
    """
    named = app.settings.text("TOCSIN_LOG_POLICY")
    policy = Policy() if not named else parse_policy(_content(app.settings.home / Path(named).expanduser()))
    # Logs that broke before are read by their own keys, and the successor's are made in advance: who holds
    # this policy when a log breaks goes on with it.
    signers = [app.logs.signer_of(number) for number in range(1, app.logs.number + 2)]
    keys = [(parse_vkey(each.verifier_key), cosigner_key(each.second_key)) for each in signers]
    return policy.with_log(*(key for pair in keys for key in pair))


def sealing_of(app: App) -> Sealing:
    """Return what says whether an entry is sealed. Raises as `policy_of` does."""
    return Sealing(policy_of(app))


def cosign_of(app: App) -> Cosign:
    """Return the chapter of the witnesses. Raises as `policy_of` does."""
    return Cosign(app.store, app.clock, app.take, app.locker, policy_of(app))


def witnesses_of(policy: Policy) -> dict[str, WitnessClient]:
    """Return the witnesses of a policy that have an address, by its names for them."""
    return {each.name: WitnessClient(each.url) for each in policy.witnesses if each.url}


def tiles_at(home: Path, number: int) -> TileFolder:
    """Return the tiles of a log by its number; each log has a folder of its own."""
    return TileFolder(home / "log" / ("tiles" if number == 1 else f"tiles-{number}"))


class Tiles:
    """The tiles of each log in the line, made complete when they are asked for."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home
        self._folders: dict[int, TileFolder] = {}

    def grown(self, number: int, checkpoint: Checkpoint) -> TileFolder:
        """Return a log's tiles, complete for a checkpoint. Raises `LogForked` and `Overloaded`."""
        folder = self._folders.setdefault(number, tiles_at(self._home, number))
        head = Head(checkpoint.origin, checkpoint.size, checkpoint.root)
        folder.grow(head, lambda start, stop: self._contents(number, start, stop))
        return folder

    def _contents(self, number: int, start: int, stop: int) -> Iterator[bytes]:
        for begin in range(start, stop, ENTRIES_AT_ONCE):
            with self._store.reading() as shelves:
                leaves = shelves.log.of(number).leaves(begin, min(begin + ENTRIES_AT_ONCE, stop))
            yield from (leaf.content for leaf in leaves)


def tiles_of(app: App) -> Tiles:
    """Return the tiles of this application's logs."""
    return Tiles(app.store, app.settings.home)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"The log's policy {path} cannot be read: {error.strerror}.",
            means="It is not known which witnesses must have seen the log, so nothing is started.",
            next_step="Correct TOCSIN_LOG_POLICY, or leave it empty to do without witnesses.",
        ) from error
