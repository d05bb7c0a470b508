"""Takes an `alertmanager.yml` over into a pack of the home folder, with the template files it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tocsin.app.alertmanager_file import FILE, warnings_of
from tocsin.app.routes_tried import read_file
from tocsin.app.template_files import template_files, text_at
from tocsin.domain.errors import Misconfigured
from tocsin.oncall.alertmanager.fields import SECRET
from tocsin.oncall.alertmanager.file import Configuration
from tocsin.oncall.alertmanager.templates import library_of

PACK = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What taking a file over comes to. `files` are pairs of where to and what; nothing is written yet."""

    configuration: Configuration
    target: Path
    files: tuple[tuple[Path, str], ...]
    warnings: tuple[str, ...]

    @property
    def changes(self) -> tuple[tuple[Path, str], ...]:
        """Return the files that are not there yet, or are there with another content."""
        return tuple((path, text) for path, text in self.files if text_at(path) != text)


def plan(source: Path, home: Path) -> TakenOver:
    """Check a file and say what would be written. Raises `NotFound`, `Misconfigured`, `PackProblem`."""
    configuration = read_file(source)
    folder = home / "packs" / PACK
    found = tuple(template_files(configuration, source.parent))
    _, faults = library_of((str(path), text) for path, text in found)
    warnings = [*warnings_of(configuration), *(f"template {fault}" for fault in faults)]
    if SECRET in configuration.original:
        warnings.append(
            f"{source}: it holds secrets in plain text; keep the pack out of Git or use *_file keys"
        )
    files = [(folder / FILE, source.read_text(encoding="utf-8"))]
    for path, text in found:
        inside = _inside(path, source.parent)
        if inside is None:
            warnings.append(f"template {path}: it stays where it is, and is read from there")
        else:
            files.append((folder / inside, text))
    return TakenOver(
        configuration=configuration,
        target=folder / FILE,
        files=tuple(files),
        warnings=tuple(warnings),
    )


def write(taken: TakenOver) -> None:
    """Write the files, readable for the owner alone. Raises `Misconfigured` where the disk refuses."""
    for path, text in taken.changes:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.chmod(0o600)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Misconfigured(
                f"{path} cannot be written: {error.strerror}.",
                means="The file was not, or not wholly, taken over.",
                next_step="Make the home folder writable, and repeat the command.",
            ) from error


def _inside(path: Path, folder: Path) -> PurePosixPath | None:
    """Return a path relative to a folder, None if it lies elsewhere."""
    try:
        inside = path.resolve().relative_to(folder.resolve())
    except ValueError:
        return None
    return PurePosixPath(inside)
