"""Finds packs: the shipped ones, and those in the home folder, whose files take the place of shipped ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.pack_tree import mend
from tocsin.app.settings import Settings
from tocsin.detection.problems import RuleProblem
from tocsin.detection.sigma.tables import Tables
from tocsin.detection.sigma.tables import read as read_tables
from tocsin.domain.errors import Misconfigured, NotFound

PACKS = "packs"
MOST_BYTES = 1_048_576
"""Of a runbook or its tests: what is longer is not even read."""
STARTING = ("baseline", "cloud")
"""The shipped packs that are in force unless `TOCSIN_PACKS` says otherwise."""
_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_packs() -> Path:
    """Return the folder of shipped packs: in the installed package, else beside a checkout's `src`."""
    installed = _PACKAGE / PACKS
    return installed if installed.is_dir() else _PACKAGE.parent.parent / PACKS


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack: the path to show in errors, and its text.

    `unread` says why it has none; only files that nothing else depends on are let be so.
    """

    path: str
    text: str
    unread: str = ""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of rules: the path to show in errors, and its text or why it has none."""

    path: str
    text: str | RuleProblem


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs of one home folder: its own, and the shipped ones that are switched `on`.

    Among several in force, the last by name wins for single files. `instead` is a folder whose packs take the
    place of the home's own, so that they can be tried before they are put there.
    """

    home: Path
    on: tuple[str, ...] = STARTING
    instead: Path | None = None

    def folders(self) -> tuple[Path, ...]:
        """Return the folders of the packs in force, shipped ones first."""
        shipped = shipped_packs()
        return tuple(
            folder for folder in self.installed() if folder.parent != shipped or folder.name in self.on
        )

    def installed(self) -> tuple[Path, ...]:
        """Return the folders of all packs, in force or not, shipped ones first."""
        return tuple(
            folder
            for root in (shipped_packs(), self.instead or self.home / PACKS)
            if root.is_dir()
            for folder in sorted(root.iterdir())
            if folder.is_dir()
        )

    def demand_those_on(self) -> None:
        """Raise `NotFound` for a pack that is switched on and was not shipped."""
        shipped = {folder.name for folder in self.installed() if folder.parent == shipped_packs()}
        for name in self.on:
            if name not in shipped:
                raise NotFound(
                    f"TOCSIN_PACKS names {name!r}, which is no shipped pack.",
                    means="Tocsin does not start, because rules that you count on would be missing.",
                    next_step=f"Use some of: {', '.join(sorted(shipped))}. Packs in the home are always on.",
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

    def every(self, name: str) -> tuple[PackFile, ...]:
        """Return the files of this name of all packs in force. Raises `Misconfigured`."""
        found = (folder / name for folder in self.folders())
        return tuple(self._own(path) for path in found if path.is_file())

    def rule_files(self, only_pack: str | None = None) -> Iterator[RuleFile]:
        """Yield the Sigma rule files of all packs in force, or of one in force or not. Raises `NotFound`."""
        folders = self._demanded(only_pack) if only_pack else self.folders()
        for folder in folders:
            yield from (_rules_at(path, self._shown(path)) for path in _rule_paths(folder / "rules"))

    def metric_rule_files(self, only_pack: str | None = None) -> Iterator[RuleFile]:
        """Yield the Prometheus rule files of all packs in force, or of one in force or not.

        They are those in a pack's folder `prometheus`. Raises `NotFound`.
        """
        for folder in self._demanded(only_pack) if only_pack else self.folders():
            for path in sorted((folder / "prometheus").glob("*.y*ml")):
                yield _rules_at(path, self._shown(path))

    def test_paths(self, names: Sequence[str] = ()) -> Iterator[tuple[Path, str]]:
        """Yield the files of rule tests of all packs installed, or of those named, with the path to show.

        They lie beside the rules (`NAME.test.yml`) or in a pack's folder `tests`. Raises `NotFound`.
        """
        for name in names:
            self._demanded(name)
        for folder in self.installed():
            if not names or folder.name in names:
                beside = (path for path in (folder / "rules").rglob("*.y*ml") if is_test(path))
                places = (folder / "tests", folder / "prometheus" / "tests")
                for path in sorted((*beside, *(each for place in places for each in place.rglob("*.y*ml")))):
                    yield path, self._shown(path)

    def _demanded(self, name: str) -> list[Path]:
        found = [folder for folder in self.installed() if folder.name == name]
        if not found:
            known = ", ".join(folder.name for folder in self.installed())
            raise NotFound(
                f"There is no pack named {name!r}.",
                means="No rule was loaded from it.",
                next_step=f"Choose one of: {known}.",
            )
        return found

    def tables(self, also: Sequence[str] = (), beside: Sequence[Path] = ()) -> Tables:
        """Return the lookup tables and calendars of all packs in force; of equal names the last pack's wins.

        Those of `also`, packs in force or not, come before them; those of `beside`, folders built like packs,
        after them. Raises `NotFound` for an unknown pack.
        """
        named = [folder for name in also for folder in self._demanded(name)]
        in_force = self.folders()
        folders = [*(folder for folder in named if folder not in in_force), *in_force]
        read = {folder.resolve() for folder in folders}
        others = [folder for folder in beside if folder.resolve() not in read]

        def texts(name: str) -> list[tuple[str, str | RuleProblem]]:
            ours = [file for folder in folders for file in self._texts(folder / name)]
            return ours + [(file.path, file.text) for each in others for file in rule_files_in(each / name)]

        return read_tables(texts("tables"), texts("calendars"))

    def _texts(self, place: Path) -> list[tuple[str, str | RuleProblem]]:
        files = (_rules_at(path, self._shown(path)) for path in _rule_paths(place))
        return [(file.path, file.text) for file in files]

    def runbook_files(self, only_pack: str | None = None) -> Iterator[tuple[PackFile, PackFile | None]]:
        """Yield the runbooks of all packs in force, or of one in force or not, each with its tests.

        One that cannot be read is yielded too, with the reason. Raises `NotFound`.
        """
        for folder in self._demanded(only_pack) if only_pack else self.folders():
            for path in sorted((folder / "runbooks").glob("*.y*ml")):
                if not is_test(path):
                    yield with_tests(path, folder, self._shown)

    def calendar_files(self) -> Mapping[str, bytes]:
        """Return the `.ics` files of packs in force, by name; of equal names the last pack's wins.

        Raises `Misconfigured`.
        """
        paths = {path.name: path for folder in self.folders() for path in sorted(folder.glob("*.ics"))}
        return {name: _bytes(path) for name, path in paths.items()}

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
        return _read(path, self._shown(path))

    def _shown(self, path: Path) -> str:
        if self.instead is not None and path.is_relative_to(self.instead):
            return str(path.relative_to(self.instead))
        if path.is_relative_to(self.home):
            return f"$TOCSIN_HOME/{path.relative_to(self.home)}"
        return str(path.relative_to(shipped_packs().parent))

    def _drills(self) -> list[Path]:
        return [path for folder in self.folders() for path in sorted((folder / "drills").glob("*.yml"))]


def packs_of(settings: Settings) -> Packs:
    """Return the packs that the settings put in force. Raises `NotFound` for one that was not shipped."""
    mend(settings.home)
    packs = Packs(settings.home, settings.listed("TOCSIN_PACKS"))
    packs.demand_those_on()
    return packs


def rule_files_in(place: Path) -> Iterator[RuleFile]:
    """Yield the YAML files at a path: the file itself, or all below a folder, by name."""
    yield from (_rules_at(path, str(path)) for path in _rule_paths(place))


def _rule_paths(place: Path) -> list[Path]:
    if place.is_dir():
        return [path for path in sorted(place.rglob("*.y*ml")) if path.is_file() and not is_test(path)]
    return [place] if place.exists() else []


def is_test(path: Path) -> bool:
    """Say whether a file holds tests of the rule that it lies beside (`NAME.test.yml`)."""
    return path.suffixes[-2:] in ([".test", ".yml"], [".test", ".yaml"])


def _rules_at(path: Path, shown: str) -> RuleFile:
    """Read a file of rules; one that cannot be read is a problem like any other, not the end of all."""
    try:
        return RuleFile(shown, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        reason = f"The file is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}."
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or type(error).__name__}."
    step = "Make it a readable UTF-8 file, or remove it."
    return RuleFile(shown, RuleProblem(path=shown, line=1, column=1, rule="", reason=reason, next_step=step))


def with_tests(
    path: Path, folder: Path | None, shown: Callable[[Path], str]
) -> tuple[PackFile, PackFile | None]:
    """Read a runbook and the tests beside it; what cannot be read says why, and stops nothing else.

    A link may not lead out of `folder`, where one is named: what lies there is nobody's pack.
    """
    tests = path.with_name(f"{path.stem}.test{path.suffix}")
    is_there = tests.exists() or tests.is_symlink()
    return _read_or_why(path, folder, shown), _read_or_why(tests, folder, shown) if is_there else None


def _read_or_why(path: Path, folder: Path | None, shown: Callable[[Path], str]) -> PackFile:
    try:
        why = _why_not(path, folder)
        text = "" if why else path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        text, why = "", f"The file is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}."
    except (OSError, RuntimeError) as error:
        # A ring of links is a RuntimeError of pathlib in Python 3.11 and 3.12.
        reason = getattr(error, "strerror", None) or "its links lead in a ring"
        text, why = "", f"The file cannot be read: {reason}."
    return PackFile(shown(path), text, why)


def _why_not(path: Path, folder: Path | None) -> str:
    """Say what keeps a file from being read at all, empty where nothing does. Raises `OSError`."""
    if folder is not None:
        if not path.resolve().is_relative_to(folder.resolve()):
            return "The file is a link that leads out of its folder."
        if not path.is_file():
            return "There is no regular file behind this name."
    size = path.stat().st_size
    if size > MOST_BYTES:
        return f"The file has {size} bytes, more than {MOST_BYTES}."
    return ""


def _read(path: Path, shown: str) -> PackFile:
    try:
        return PackFile(shown, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> Misconfigured:
    return Misconfigured(
        f"{path} cannot be read: {error}.",
        means="What it configures is not in force.",
        next_step="Make it a readable UTF-8 file, or remove it.",
    )
