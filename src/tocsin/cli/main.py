"""The entry point `tocsin`: nouns and verbs, each loaded when it is used."""

from __future__ import annotations

import click

from tocsin import __version__
from tocsin.cli.lazy import LazyGroup

_VERBS = {
    "now": ("tocsin.cli.now:now", "What waits for somebody (exit 10 if something does)."),
    "up": ("tocsin.cli.up:up", "Server and workers in one process; makes what is missing."),
    "migrate": ("tocsin.cli.up:migrate", "Make or update the database."),
    "hunt": ("tocsin.cli.hunt:hunt", "Offline detection over files; JSON Lines out."),
    "why": ("tocsin.cli.why:why", "Why a person was paged for an alert, or why not."),
    "incident": ("tocsin.cli.incident:incident", "Incidents: list, show, work on, close, export."),
    "alert": ("tocsin.cli.alert:alert", "Alerts, and what could not be understood."),
    "schedule": ("tocsin.cli.schedule:schedule", "Who is on call: shifts, gaps, load, overrides."),
    "oncall": ("tocsin.cli.oncall:oncall", "The on-call file: check, rehearse; who can be reached."),
    "silence": ("tocsin.cli.silence:silence", "Silences: list, add, confirm, expire."),
    "action": ("tocsin.cli.action:action", "Actions: plan, run, undo; the stop switch."),
    "evidence": ("tocsin.cli.evidence:evidence", "Exhibits: keep, collect, verify, bag, export, hold."),
    "run": ("tocsin.cli.run:run", "Runbooks as they are followed: start, answer, done, abort."),
    "runbook": ("tocsin.cli.runbook:runbook", "Plans that people follow: list, show, check, test, CACAO."),
    "audit": ("tocsin.cli.audit:audit", "The log: verify, head, export."),
    "lake": ("tocsin.cli.lake:lake", "Stored signals: status, verify, seal, retain, hold."),
    "delivery": ("tocsin.cli.delivery:delivery", "Messages that did not get through: list, replay."),
    "source": ("tocsin.cli.source:source", "Where signals come from: when each was last heard."),
    "detect": ("tocsin.cli.detect:detect", "Rules: check them, in CI too."),
    "route": ("tocsin.cli.route:route", "Where alerts go: show the routes, test them in CI."),
    "import": ("tocsin.cli.imports:imports", "Take over what another product is configured with."),
    "plan": ("tocsin.cli.plan:plan", "What other packs would change, and have paged."),
    "apply": ("tocsin.cli.plan:apply", "Put packs in force, all or none, or go back."),
    "drift": ("tocsin.cli.drift:drift", "Configuration held against its baseline in Git."),
    "drill": ("tocsin.cli.drill:drill", "Game days through the real intake."),
    "token": ("tocsin.cli.token:token", "API tokens: create, list, revoke."),
    "person": ("tocsin.cli.person:person", "Accounts: add, list, link, remove."),
    "doctor": ("tocsin.cli.doctor:doctor", "What is missing, with the fix."),
    "help": ("tocsin.cli.help:helps", "Exit codes and error codes explained."),
}

_EXAMPLE = """\
\b
Examples:
  tocsin up --drill credential-stuffing
  tocsin hunt cloudtrail.ndjson.gz --json
  tocsin incident list severity=P1 'status!=closed'

Hears, judges, calls, finds out, acts, and proves it."""


@click.group(
    cls=LazyGroup,
    table=_VERBS,
    help=_EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="tocsin")
def tocsin() -> None:
    """Hold the nouns together; each verb does its own work."""


def main() -> None:
    """Run the command line."""
    tocsin.main()
