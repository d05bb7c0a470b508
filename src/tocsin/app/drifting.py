"""Packs that are not what was put in force: changed by hand, or other than in Git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.applying import InForceFile, in_force
from tocsin.app.pack_tree import tree_for, tree_in_home
from tocsin.app.wiring import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One file that differs. `what` says how; `applied` is what the log says of it, None if nothing."""

    path: str
    what: str
    applied: InForceFile | None


def pack_drift(app: App, folder: Path | None = None) -> tuple[Drift, ...]:
    """Compare what is in force, what lies in the home, and a folder as in Git. Raises `PacksUnreadable`."""
    home = app.settings.home
    here = tree_in_home(home).digests
    wanted = None if folder is None else tree_for(home, folder).digests
    with app.store.reading() as shelves:
        known = in_force(shelves)
    files = known.files if known else {}
    paths = sorted({*here, *files, *(wanted or {})})
    return tuple(
        Drift(path=path, what="; ".join(said), applied=files.get(path))
        for path in paths
        if (said := tuple(_differences(path, files, here, wanted)))
    )


def _differences(
    path: str,
    files: Mapping[str, InForceFile],
    here: Mapping[str, str],
    wanted: Mapping[str, str] | None,
) -> Iterator[str]:
    applied = files[path].digest if path in files else None
    if here.get(path) != applied:
        if applied is None:
            yield "added by hand"
        else:
            yield "changed by hand" if path in here else "removed by hand"
    if wanted is not None and here.get(path) != wanted.get(path):
        if path not in wanted:
            yield "not in the folder"
        else:
            yield "other than in the folder" if path in here else "only in the folder"
