"""Finds packs: the shipped ones, and those in the home folder, whose files take the place of shipped ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.domain.errors import Misconfigured, NotFound

PACKS = "packs"
_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_packs() -> Path:
    """Return the folder of shipped packs: in the installed package, else beside a checkout's `src`."""
    installed = _PACKAGE / PACKS
    return installed if installed.is_dir() else _PACKAGE.parent.parent / PACKS


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack: the path to show in errors, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Packs:
    """All packs in force for one home folder. Among several, the last by name wins for single files."""

    home: Path

    def folders(self) -> tuple[Path, ...]:
        """Return the pack folders, shipped ones first."""
        return tuple(
            folder
            for root in (shipped_packs(), self.home / PACKS)
            if root.is_dir()
            for folder in sorted(root.iterdir())
            if folder.is_dir()
        )

    def file(self, name: str) -> PackFile:
        """Return the file of this name that is in force. Raises `Misconfigured` when no pack has it."""
        found = [folder / name for folder in self.folders() if (folder / name).is_file()]
        if not found:
            raise Misconfigured(
                f"No pack holds {name}.",
                means="Tocsin does not start, because it could not decide what to do with an alert.",
                next_step=f"Install Tocsin again, or put {name} into a folder of {self.home / 'packs'}.",
            )
        return self._own(found[-1])

    def rule_files(self, only_pack: str | None = None) -> Iterator[PackFile]:
        """Yield the Sigma rule files of all packs, or of one. Raises `NotFound` for an unknown pack."""
        folders = [folder for folder in self.folders() if only_pack in (None, folder.name)]
        if only_pack and not folders:
            known = ", ".join(folder.name for folder in self.folders())
            raise NotFound(
                f"There is no pack named {only_pack!r}.",
                means="No rule was loaded from it.",
                next_step=f"Choose one of: {known}.",
            )
        for folder in folders:
            yield from (self._own(path) for path in _rule_paths(folder / "rules"))

    def drill(self, name: str) -> PackFile:
        """Return a scenario by name. Raises `NotFound`, which names those there are."""
        for path in self._drills():
            if path.stem == name:
                return self._own(path)
        raise NotFound(
            f"There is no drill named {name!r}.",
            means="Nothing was played.",
            next_step=f"Choose one of: {', '.join(self.drills())}.",
        )

    def drills(self) -> tuple[str, ...]:
        """Return the names of all scenarios."""
        return tuple(path.stem for path in self._drills())

    def _own(self, path: Path) -> PackFile:
        """Read a pack's file under the name that people see: where packs lie tells them nothing."""
        if path.is_relative_to(self.home):
            return _read(path, f"$TOCSIN_HOME/{path.relative_to(self.home)}")
        return _read(path, str(path.relative_to(shipped_packs().parent)))

    def _drills(self) -> list[Path]:
        return [path for folder in self.folders() for path in sorted((folder / "drills").glob("*.yml"))]


def rule_files_in(place: Path) -> Iterator[PackFile]:
    """Yield the YAML files at a path: the file itself, or all below a folder, by name."""
    yield from (_read(path) for path in _rule_paths(place))


def _rule_paths(place: Path) -> list[Path]:
    return [place] if place.is_file() else [path for path in sorted(place.rglob("*.y*ml")) if path.is_file()]


def _read(path: Path, shown: str = "") -> PackFile:
    try:
        return PackFile(shown or str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}.",
            means="What it configures is not in force.",
            next_step="Make it a readable UTF-8 file, or remove it.",
        ) from error
