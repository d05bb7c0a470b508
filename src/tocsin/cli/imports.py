"""`tocsin import`: what other products are configured with, taken over into a pack."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.show import Show
from tocsin.cli.verb import asked_yes, noun, verb

COLUMNS = ("what", "detail")


@verb("alertmanager", example="tocsin import alertmanager /etc/prometheus/alertmanager.yml --write")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--write", is_flag=True, help="Write it; else only say what would be written.")
@click.option("--yes", is_flag=True, help="Replace an earlier import without asking.")
def alertmanager(show: Show, *, file: Path, write: bool, yes: bool) -> None:
    """Check an alertmanager.yml and take it over into packs/imported of the home folder.

    Names each thing that works otherwise here. Routes, receivers, inhibition, time intervals and templates
    are in force after the next start or reload.
    """
    from tocsin.app import alertmanager_import
    from tocsin.app.settings import load_settings

    taken = alertmanager_import.plan(file, load_settings().home)
    changes = taken.changes
    rows = [{"what": "warning", "detail": each} for each in taken.warnings]
    rows += [{"what": "writes" if write else "would write", "detail": str(path)} for path, _ in changes]
    if write and changes:
        if any(path.exists() for path, _ in changes):
            asked_yes("An earlier import is there. Replace it?", yes=yes)
        alertmanager_import.write(taken)
    show.rows("tocsin.import.alertmanager/1", rows, COLUMNS)
    read = taken.configuration
    show.say(
        f"{len(read.receivers)} receivers, {len(read.inhibit_rules)} inhibition rules,"
        f" {len(read.intervals)} time intervals, {len(taken.warnings)} warnings."
    )
    if changes and not write:
        show.say("Nothing was written; give --write.")
    elif not changes:
        show.say(f"{taken.target} is the same already.")


imports = noun("import", "Take over what another product is configured with.", alertmanager)
