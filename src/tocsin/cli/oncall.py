"""`tocsin oncall`: the on-call file checked and rehearsed, and who can be reached by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, noun, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.app.packs import PackFile
    from tocsin.oncall.roster_tests import Verdict
    from tocsin.oncall.schedules.calendar_file import CalendarFile

SEVERITIES = ("P1", "P2", "P3", "P4")
TESTS = "oncall.tests.yml"
_SCHEMA = "tocsin.oncall.check/1"
_COLUMNS = ("result", "test", "place", "faults")


@verb("check", example="tocsin oncall check packs/saas-platform/examples/oncall.yml")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tests", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File of tests.")
def checked(show: Show, *, path: Path | None, tests: Path | None) -> None:
    """Check an on-call file and run its tests: PATH, or the one in force. Ends with 6 for each problem.

    Its tests are in oncall.tests.yml beside it unless --tests names another file. What can work and may not
    be meant is a warning.
    """
    from tocsin.app.oncall_check import check
    from tocsin.domain.errors import Misconfigured

    try:
        file, beside = _files(path)
        found = check(file, _calendars(path), _file(tests) if tests else beside)
    except Misconfigured as unreadable:
        show.rows(_SCHEMA, [_problem(str(path or ""), unreadable.happened, unreadable.next_step)], _COLUMNS)
        leave(Exit.PROBLEMS)
        return
    records = [_problem(each.place, each.text, each.next_step, each.kind) for each in found.findings]
    records += [_tested(each) for each in found.verdicts]
    if not show.as_json:
        records = [{**record, "faults": " ".join(record["faults"])} for record in records]
    show.rows(_SCHEMA, records, _COLUMNS)
    counted = f"{len(found.verdicts)} tests, {found.failed} failed."
    if found.findings:
        counted += f" {found.problems} problems, {len(found.findings) - found.problems} warnings."
    if found.roster is not None:
        counted = f"{len(found.roster.people)} people, {len(found.roster.policies)} policies; {counted}"
    show.say(f"{file.path}: {counted}")
    leave(Exit.PROBLEMS if found.failed or found.problems else Exit.OK)


def _problem(place: str, text: str, next_step: str, kind: str = "problem") -> dict[str, Any]:
    return {"test": None, "line": None, "result": str(kind), "place": place, "faults": [text, next_step]}


def _tested(verdict: Verdict) -> dict[str, Any]:
    return {
        "test": verdict.test.name,
        "line": verdict.test.line,
        "result": "failed" if verdict.faults else "passed",
        "place": None,
        "faults": list(verdict.faults),
    }


@verb("rehearse", example="tocsin oncall rehearse P1 service=shop team=payments")
@click.argument("severity", type=click.Choice(SEVERITIES))
@click.argument("labels", metavar="[LABEL=VALUE]...", nargs=-1)
@click.option("--type", "incident_type", default="unknown", help="The incident's type, such as security.")
@click.option("--source", default="", help="Where the alert would come from.")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"]), help="UTC; now if left out."
)
@click.option(
    "--acknowledged-after", "minutes", type=float, default=None, help="Minutes until somebody does."
)
def rehearsed(
    show: Show,
    *,
    severity: str,
    labels: tuple[str, ...],
    incident_type: str,
    source: str,
    at: datetime | None,
    minutes: float | None,
) -> None:
    """Say who would be called when, by what and why, without calling anybody."""
    with opened() as app:
        from tocsin.app.readying import played_record
        from tocsin.domain.severity import Severity
        from tocsin.oncall.rehearsal import Occasion, rehearse

        start = at.replace(tzinfo=UTC) if at else app.clock.now()
        with app.store.reading() as shelves:
            overrides = shelves.overrides.between(start, start + timedelta(days=31))
        occasion = Occasion(
            labels=_labels(labels),
            severity=Severity(severity),
            at=start,
            type=incident_type,
            source=source,
            acknowledged_after=None if minutes is None else timedelta(minutes=minutes),
            overrides=overrides,
        )
        played = played_record(rehearse(app.policies.roster, occasion))
    if show.as_json:
        show.one("tocsin.oncall.rehearse/1", played)
        return
    rows = [
        {**page, "by": ", ".join(way["channel"] for way in page["by"] if not way["only_in_need"])}
        for page in played["pages"]
    ]
    show.rows("", rows, ("at", "step", "person", "role", "by"))
    show.rows("", played["nobody"], ("at", "reason"))
    show.say(f"{played['why']} {played['ending']}")


@verb("ready", example="tocsin oncall ready")
def ready(show: Show) -> None:
    """List who can be reached by what, and when each contact was last confirmed."""
    with opened() as app:
        from tocsin.app.readying import readiness_records

        records = readiness_records(app)
    show.rows(
        "tocsin.oncall.ready/1",
        records,
        ("person", "channel", "is_verified", "verified_at", "is_set_up"),
        empty="Nobody is listed. Write people and their contacts in oncall.yml (docs/oncall.md).",
    )


@verb("test", example="tocsin oncall test ben")
@click.argument("person", required=False, default="")
def tested(show: Show, *, person: str) -> None:
    """Send a test message to each contact of PERSON, or of everybody; its link confirms that it arrived."""
    with opened() as app:
        from tocsin.app.readying import ready_of

        sent = ready_of(app).test(actor(), person)
    records = [{"person": each.person, "channel": each.contact.channel} for each in sent]
    show.rows("tocsin.oncall.test/1", records, ("person", "channel"))
    show.say(f"{len(sent)} test messages are on their way. `tocsin oncall ready` shows who confirmed.")


def _files(path: Path | None) -> tuple[PackFile, PackFile | None]:
    """Return the file and its tests, if there are some beside it."""
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    if path is not None:
        beside = path.with_name(TESTS)
        return _file(path), _file(beside) if beside.is_file() else None
    packs = packs_of(load_settings())
    file = packs.file("oncall.yml")
    has_tests = any((folder / TESTS).is_file() for folder in packs.folders())
    return file, packs.file(TESTS) if has_tests else None


def _calendars(path: Path | None) -> Mapping[str, CalendarFile]:
    """Return the calendar files beside the file, or those of the packs in force."""
    from tocsin.app.calendar_files import files_of
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings

    if path is None:
        return files_of(packs_of(load_settings()).calendar_files())
    return files_of({beside.name: beside.read_bytes() for beside in sorted(path.parent.glob("*.ics"))})


def _file(path: Path) -> PackFile:
    from tocsin.app.packs import PackFile
    from tocsin.domain.errors import Misconfigured

    try:
        return PackFile(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}.",
            means="Nothing was checked.",
            next_step="Make it a readable UTF-8 file.",
        ) from error


def _labels(written: tuple[str, ...]) -> dict[str, str]:
    labels = {}
    for each in written:
        name, separator, value = each.partition("=")
        if not separator or not name:
            raise click.UsageError(f"{each!r} is no LABEL=VALUE.")
        labels[name] = value
    return labels


oncall = noun(
    "oncall",
    "The on-call file: check, rehearse; who can be reached: ready, test.",
    *(checked, rehearsed, ready, tested),
)
