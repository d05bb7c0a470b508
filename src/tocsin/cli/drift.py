"""`tocsin drift`: a configuration as it is, held against how Git says it should be."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, noun, verb

COLUMNS = ("kind", "path", "expected", "actual")


@verb(
    "check", example="tocsin drift check live.json --baseline config/prod.yml --revision origin/main --json"
)
@click.argument("snapshot", type=click.Path(path_type=Path), metavar="SNAPSHOT")
@click.option(
    "--baseline", required=True, type=click.Path(path_type=Path), help="File it should be like: JSON or YAML."
)
@click.option("--revision", default="", metavar="REV", help="Take the baseline from this revision of Git.")
@click.option("--name", default="", help="What is compared; the baseline's file name unless given.")
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also with drift.")
def checked(show: Show, *, snapshot: Path, baseline: Path, revision: str, name: str, exit_zero: bool) -> None:
    """Tell each key of SNAPSHOT that differs from the baseline; ends with 6 if one does.

    With --json each difference is one line, a signal that can be posted to /ingest/signals. Values that look
    like secrets are never shown.
    """
    from tocsin.connectors.drift.baseline import tree_at, unwritable
    from tocsin.connectors.drift.report import signals_of
    from tocsin.connectors.splitting import LineRefused

    about = {"name": name or baseline.name, "file": str(baseline)} | (
        {"revision": revision} if revision else {}
    )
    lines = signals_of(tree_at(baseline, revision), tree_at(snapshot), about)
    try:
        records = [json.loads(line) for line in lines]
    except LineRefused as refusal:
        raise unwritable(refusal) from refusal
    if show.as_json:
        show.lines(records)
    else:
        show.rows("", records, COLUMNS)
    show.say(f"{len(records)} differences to {about['file']}{f' at {revision}' if revision else ''}.")
    leave(Exit.PROBLEMS if records and not exit_zero else Exit.OK)


@verb("packs", example="tocsin drift packs ./packs")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option("--exit-zero", is_flag=True, help="Report only; end with 0 also with drift.")
def packs(show: Show, *, folder: Path | None, exit_zero: bool) -> None:
    """Tell each file of packs that is not what was put in force, or not what FOLDER holds; 6 if one is.

    With each stands since when it is in force and who put it there, as the log says.
    """
    from tocsin.cli.opened import opened
    from tocsin.cli.show import iso

    with opened() as app:
        from tocsin.app.drifting import pack_drift

        found = pack_drift(app, folder)
    records = [
        {
            "path": each.path,
            "drift": each.what,
            "applied_at": iso(each.applied.since) if each.applied else None,
            "applied_by": each.applied.by if each.applied else None,
        }
        for each in found
    ]
    show.rows("tocsin.drift.packs/1", records, ("path", "drift", "applied_at", "applied_by"))
    show.say(f"{len(records)} files drifted." if records else "The packs are as they were put in force.")
    leave(Exit.PROBLEMS if records and not exit_zero else Exit.OK)


drift = noun("drift", "Configuration held against its baseline in Git.", checked, packs)
