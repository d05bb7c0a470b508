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


drift = noun("drift", "Configuration held against its baseline in Git.", checked)
