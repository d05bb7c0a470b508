"""Packs are put in force: all of them or none, with the old ones kept, and who did it in the log."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.app.pack_tree import changed_files, digest_of, settle, tree_in_home
from tocsin.app.planning import PackPlan
from tocsin.app.wiring import App
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.incidents.changed import TOCSIN

IN_FORCE = "packs"
"""The kind of mark that remembers which packs are in force."""
_NAME = "in force"
_MOST_NAMED = 100


class PacksNotApplied(Explained):
    """Packs cannot be put in force as things are; those in force stay."""

    code = "packs_not_applied"

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="The packs in force stay as they are.", next_step=next_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForceFile:
    """One file in force: its SHA-256 (hex), since when it is so, and who put it there."""

    digest: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InForcePacks:
    """What was last put in force, by an apply or by a start with other files than before."""

    files: Mapping[str, InForceFile]

    @property
    def digest(self) -> str:
        """Return the one digest of all files."""
        return digest_of({path: file.digest for path, file in self.files.items()})


def in_force(shelves: Shelves) -> InForcePacks | None:
    """Return what was last put in force, None before anything was."""
    written = shelves.marks.of(IN_FORCE, [_NAME]).get(_NAME)
    if written is None:
        return None
    files = {
        path: InForceFile(digest=digest, since=datetime.fromisoformat(since), by=by)
        for path, (digest, since, by) in json.loads(written).items()
    }
    return InForcePacks(files=files)


def remember(app: App, digests: Mapping[str, str], actor: str, how: str) -> bool:
    """Remember and log that these files are in force now; False when they were already."""
    now = app.clock.now()
    with app.store.transaction() as shelves:
        shelves.lock(IN_FORCE)
        before = in_force(shelves)
        known = {path: file.digest for path, file in before.files.items()} if before else {}
        if known == dict(digests):
            return False
        files = {
            path: before.files[path]
            if before and known.get(path) == digest
            else InForceFile(digest=digest, since=now, by=actor)
            for path, digest in digests.items()
        }
        written = {path: (file.digest, file.since.isoformat(), file.by) for path, file in files.items()}
        shelves.marks.keep(IN_FORCE, {_NAME: json.dumps(written).encode()}, now)
        _log(shelves, known, digests, actor, how, now)
    return True


def remember_start(app: App) -> None:
    """A process works by the packs it has read: if others were in force before, that is written down."""
    remember(app, app.policies.files, TOCSIN, "found at a start or a reload")


def put_in_force(app: App, planned: PackPlan, actor: str, how: str = "applied") -> None:
    """Put planned packs in the home folder, all or none. Raises `PacksNotApplied`, `PacksUnreadable`."""
    home = app.settings.home
    with _alone(home):
        if (home / "packs").is_symlink():
            raise PacksNotApplied(
                f"{home / 'packs'} is a link.",
                "Change what it leads to and reload, or put a folder in its place.",
            )
        if tree_in_home(home).digest != planned.base:
            raise PacksNotApplied(
                "The packs have changed since they were planned.", "Run it again and look at the new plan."
            )
        _exchange(home, planned)
        remember(app, planned.tree.digests, actor, how)


def kept_before(app: App) -> Path:
    """Return the folder of the packs that were in force before the last change. Raises `NotFound`."""
    kept = [path for path in (app.settings.home / "packs.before").glob("*") if path.is_dir()]
    if not kept:
        raise NotFound(
            "No packs are kept from before.",
            means="Nothing was changed.",
            next_step="Apply a folder from Git instead.",
        )
    return max(kept, key=lambda path: path.stat().st_mtime_ns)


def _exchange(home: Path, planned: PackPlan) -> None:
    """Write beside, then rename twice; `mend` finishes what a crash between the two leaves."""
    coming, packs, before = home / "packs.next", home / "packs", home / "packs.before"
    if coming.exists():
        shutil.rmtree(coming)
    half = home / "packs.half"
    if half.exists():
        shutil.rmtree(half)
    planned.tree.write(half)
    half.rename(coming)
    before.mkdir(exist_ok=True)
    old = [path for path in before.iterdir() if path.name != planned.base]
    if packs.is_dir():
        if (before / planned.base).exists():
            shutil.rmtree(before / planned.base)
        packs.rename(before / planned.base)
    coming.rename(packs)
    settle(before)
    settle(home)
    for path in old:
        shutil.rmtree(path)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold off others who would put packs in force in this home."""
    with (home / "packs.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PacksNotApplied(
                "Somebody else is putting packs in force at this moment.", "Wait a little and run it again."
            ) from error
        yield


def _log(
    shelves: Shelves,
    known: Mapping[str, str],
    digests: Mapping[str, str],
    actor: str,
    how: str,
    now: datetime,
) -> None:
    changes = changed_files(known, digests)
    named = {f"{each.what} {each.path}"[:200]: digests.get(each.path, "") for each in changes[:_MOST_NAMED]}
    facts = {
        "how": how,
        "digest": digest_of(digests),
        "files": "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())),
        "changed": str(len(changes)),
        **named,
    }
    note(shelves, Happening.CONFIGURED, at=now, actor=actor, subject=IN_FORCE, facts=facts)
