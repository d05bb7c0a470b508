"""Takes the on-call configuration of another product over into a pack, and compares who is on call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.app.packs import Packs
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.domain.override import Override, OverrideState
from tocsin.flow.duty import Duty
from tocsin.oncall.imports import goalert, grafana, opsgenie, pagerduty
from tocsin.oncall.imports.carried import Carried
from tocsin.oncall.imports.comparing import Compared, OnCall, compare
from tocsin.oncall.imports.minutes import goalert as goalert_minutes
from tocsin.oncall.imports.minutes import grafana as grafana_minutes
from tocsin.oncall.imports.minutes import opsgenie as opsgenie_minutes
from tocsin.oncall.imports.minutes import pagerduty as pagerduty_minutes
from tocsin.oncall.imports.rows import Book, ImportRefused, Kinds, gather
from tocsin.oncall.imports.writing import write as written
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.asking import Asker, Wish

FILE = "oncall.yml"
MAX_BYTES = 64 * 1024 * 1024
MAX_FILES = 5_000
"""Bounds of an export; the files of a folder count together."""
COMPARED = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How the export of one product is read, and its rules asked for one minute."""

    kinds: Kinds
    read: Callable[[Book, datetime], Carried]
    rules: Callable[[Book, datetime], OnCall]


FORMATS: Mapping[str, Format] = {
    pagerduty.SYSTEM: Format(
        kinds=pagerduty.KINDS, read=pagerduty.read, rules=lambda book, _: pagerduty_minutes.rules(book)
    ),
    opsgenie.SYSTEM: Format(
        kinds=opsgenie.KINDS, read=opsgenie.read, rules=lambda book, _: opsgenie_minutes.rules(book)
    ),
    grafana.SYSTEM: Format(
        kinds=grafana.KINDS, read=grafana.read, rules=lambda book, _: grafana_minutes.rules(book)
    ),
    goalert.SYSTEM: Format(kinds=goalert.KINDS, read=goalert.read, rules=goalert_minutes.rules),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What taking an export over comes to; nothing is written yet."""

    carried: Carried
    target: Path
    text: str
    compared: tuple[Compared, ...]

    @property
    def is_there(self) -> bool:
        """Say whether the file is there already, with this text."""
        return self.target.is_file() and self.target.read_text(encoding="utf-8") == self.text

    @property
    def differences(self) -> int:
        """Return how often other people are on call than by the export."""
        return sum(len(one.differences) for one in self.compared)


def plan(system: str, source: Path, home: Path, now: datetime) -> TakenOver:
    """Read an export, a file or a folder of files, and say what would be written.

    What is written is read again by our own parser, and compared with the export's rules for the 30 days from
    now. Raises `NotFound`, `ImportRefused`, `PackProblem`.
    """
    format_ = FORMATS[system]
    book = gather(_files(source), format_.kinds)
    carried = format_.read(book, now)
    text = written(carried)
    target = home / "packs" / f"imported-{system}" / FILE
    roster = parse_roster(text, str(target))
    rules = format_.rules(book, now)
    return TakenOver(
        carried=carried,
        target=target,
        text=text,
        compared=compare(carried, roster.schedules, rules, now, COMPARED),
    )


def write(taken: TakenOver) -> None:
    """Write the file, readable for the owner alone. Raises `Misconfigured` where the disk refuses."""
    try:
        taken.target.parent.mkdir(parents=True, exist_ok=True)
        taken.target.touch(mode=0o600)
        taken.target.chmod(0o600)
        taken.target.write_text(taken.text, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            f"{taken.target} cannot be written: {error.strerror}.",
            means="The export was not taken over.",
            next_step="Make the home folder writable, and repeat the command.",
        ) from error


def is_in_force(packs: Packs, taken: TakenOver) -> bool:
    """Say whether the on-call file in force is the one that was written."""
    return packs.file(FILE).text == taken.text


def override(duty: Duty, carried: Carried, name: str) -> tuple[Override, ...]:
    """Make the overrides that are not there yet, in the order of the export. Raises `OverrideRefused`."""
    now = duty.clock.now()
    asker = Asker(name=name, person=None, may_command=True)
    made = []
    for wish in carried.overrides:
        there = duty.overrides(wish.span.starts_at, wish.span.ends_at, wish.schedule)
        if wish.span.ends_at > now and not any(_is_same(one, wish) for one in there):
            made.append(duty.override(wish, asker))
    return tuple(made)


def _is_same(one: Override, wish: Wish) -> bool:
    """An override that was in force already when it was made began then, so only its end is compared."""
    return one.state is OverrideState.TAKEN and (
        one.kind,
        one.ends_at,
        one.person,
        one.instead_of,
        one.reason,
    ) == (wish.kind, wish.span.ends_at, wish.person, wish.instead_of, wish.reason)


def _files(source: Path) -> list[tuple[str, str]]:
    if not source.exists():
        raise NotFound(
            f"{source} is not there.",
            means="Nothing was taken over.",
            next_step="Name the file of an export, or the folder that holds its files.",
        )
    paths = sorted(source.glob("*.json")) if source.is_dir() else [source]
    try:
        if len(paths) > MAX_FILES or sum(path.stat().st_size for path in paths) > MAX_BYTES:
            raise _refused(
                f"{source} holds more than {MAX_FILES} files or {MAX_BYTES // 2**20} MiB.",
                "Export less, such as one team.",
            )
        return [(path.name, path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(
            f"{source} cannot be read as text in UTF-8.", "Export it again, and let nobody else own it."
        ) from error


def _refused(happened: str, next_step: str) -> ImportRefused:
    return ImportRefused(happened, means="Nothing was taken over.", next_step=next_step)
