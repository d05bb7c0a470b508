"""`tocsin doctor`: what is missing or wrong, with the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import Exit
from tocsin.cli.opened import django_ready, reason_of, unmigrated
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb
from tocsin.domain.errors import Explained

if TYPE_CHECKING:
    from tocsin.app.home_checkup import Finding

COLUMNS = ("name", "standing", "words", "next_step")


@verb("doctor", example="tocsin doctor")
@click.option(
    "--settings", "shows_settings", is_flag=True, help="Print every setting and where it came from."
)
def doctor(show: Show, *, shows_settings: bool) -> None:
    """Check this installation; ends with 6 when something that is relied upon does not work."""
    from tocsin.app.settings import load_settings

    settings = load_settings()
    if shows_settings:
        rows = [{"name": name, "value": value, "from": origin} for name, value, origin in settings.shown()]
        show.rows("tocsin.doctor.settings/1", rows, ("name", "value", "from"))
        return
    from tocsin.app.home_checkup import Finding, Standing, check_home

    findings = list(check_home(settings)) if settings.home.is_dir() else []
    try:
        django_ready(settings)
        from tocsin.app.acting import ground_of
        from tocsin.app.checkup import check_app
        from tocsin.app.wiring import build_app

        findings.append(_database())
        if findings[-1].standing is Standing.OK:
            app = build_app(settings)
            findings += check_app(app)
            ground_of(app)
            app.hang_up()
    except Explained as refusal:
        if not findings:
            raise
        findings.append(Finding(refusal.code, Standing.PROBLEM, refusal.happened, refusal.next_step))
    records = [
        {"name": each.name, "standing": each.standing.value, "words": each.words, "next_step": each.next_step}
        for each in findings
    ]
    show.rows("tocsin.doctor/1", records, COLUMNS)
    problems = sum(each.standing is Standing.PROBLEM for each in findings)
    warnings = sum(each.standing is Standing.WARNING for each in findings)
    show.say(f"{len(findings)} checks, {problems} problems, {warnings} warnings.")
    leave(Exit.PROBLEMS if problems else Exit.OK)


def _database() -> Finding:
    from django.db import Error

    from tocsin.app.home_checkup import Finding, Standing

    try:
        missing = unmigrated()
    except Error as error:
        words = f"The database cannot be used: {reason_of(error)}."
        return Finding(
            "database", Standing.PROBLEM, words, "Check TOCSIN_DATABASE_URL and that its server runs."
        )
    if missing:
        words = f"The database lacks {missing} migrations."
        return Finding("database", Standing.PROBLEM, words, "Run `tocsin migrate`.")
    return Finding("database", Standing.OK, "The database answers and is up to date.")
