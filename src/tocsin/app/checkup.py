"""Looks for what is missing or wrong in an installation, and says how to mend it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tocsin.app.settings import Settings
from tocsin.app.wiring import App
from tocsin.domain.errors import Explained
from tocsin.domain.job import JobState
from tocsin.oncall.roster import INBOX


class Standing(StrEnum):
    """How one thing stands. A warning is worth knowing; a problem stops something that is relied upon."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check-up; `next_step` is empty when nothing is to be done."""

    name: str
    standing: Standing
    words: str
    next_step: str = ""


def check_home(settings: Settings) -> Iterator[Finding]:
    """Check the home folder and the modes of its keys; needs neither database nor packs."""
    home = settings.home
    if os.access(home, os.W_OK | os.X_OK):
        yield Finding("home", Standing.OK, f"{home} can be written.")
    else:
        yield Finding(
            "home",
            Standing.PROBLEM,
            f"{home} cannot be written.",
            "Give this user the right, or choose --home.",
        )
    keys = home / "keys"
    open_keys = [path for path in _files(keys) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_keys:
        yield Finding("keys", Standing.PROBLEM, f"Other users can open {path}.", f"Run `chmod 600 {path}`.")
    if not open_keys:
        yield Finding("keys", Standing.OK, "No other user can open the keys.")


def check_app(app: App) -> Iterator[Finding]:
    """Check everything that needs the built application."""
    for check in (_channels, _reach, _rules, _log, _dead, _quarantine):
        yield from _guarded(check, app)


def _guarded(check: Callable[[App], Iterator[Finding]], app: App) -> Iterator[Finding]:
    try:
        yield from check(app)
    except Explained as refusal:
        yield Finding(refusal.code, Standing.PROBLEM, refusal.happened, refusal.next_step)


def _channels(app: App) -> Iterator[Finding]:
    roster = app.policies.roster
    missing = sorted(_named(app) - app.channels.keys())
    for channel in missing:
        yield Finding(
            "channels",
            Standing.PROBLEM,
            f"{roster.path} names the channel {channel!r}, which is not set up.",
            f"Set up {channel} (docs/settings.md), or take it out of the file.",
        )
    real = sorted(channel.name for channel in app.channels.values() if channel.is_real)
    if real:
        yield Finding("channels", Standing.OK, f"{', '.join(real)} can reach people.")


def _reach(app: App) -> Iterator[Finding]:
    """Warn where every page would stay in the Inbox."""
    roster = app.policies.roster
    if roster.schedule is None:
        yield Finding(
            "on call",
            Standing.WARNING,
            f"{roster.path} has no schedule: pages go to the administrators' Inbox.",
            "Put an oncall.yml into a folder of packs; packs/baseline/README.md has an example.",
        )
    elif _named(app) & app.channels.keys() <= {INBOX}:
        yield Finding(
            "on call",
            Standing.WARNING,
            f"{roster.path} calls people by the Inbox only, which reaches nobody outside.",
            "Give each person a contact by slack, smtp or webhook.",
        )


def _named(app: App) -> set[str]:
    """Return the channels that the on-call file names."""
    roster = app.policies.roster
    contacts = {contact.channel for person in roster.people.values() for contact in person.contacts}
    return contacts | {rule.contact.channel for rule in roster.notices}


def _rules(app: App) -> Iterator[Finding]:
    rules = app.policies.rules
    for problem in rules.problems:
        place = f"{problem.path}:{problem.line}:{problem.column}"
        yield Finding("rules", Standing.PROBLEM, f"{place}: {problem.reason}", problem.next_step)
    yield Finding("rules", Standing.OK, f"{len(rules.rules) + len(rules.correlations)} rules are loaded.")


def _log(app: App) -> Iterator[Finding]:
    verdict = app.proving.verify()
    if verdict.sound:
        yield Finding("log", Standing.OK, verdict.reason)
    else:
        yield Finding(
            "log", Standing.PROBLEM, verdict.reason, "Run `tocsin audit verify`; do not repair the log."
        )
    checked, faults = app.respond.verify()
    for fault in faults:
        yield Finding("exhibits", Standing.PROBLEM, fault.sentence, "Treat it as tampering.")
    if not faults:
        yield Finding("exhibits", Standing.OK, f"All {checked} exhibits are as kept.")


def _dead(app: App) -> Iterator[Finding]:
    with app.store.reading() as shelves:
        count = shelves.jobs.count(JobState.DEAD)
    yield _counted("deliveries", count, "given up, not delivered", "See `tocsin delivery list --dead`.")


def _quarantine(app: App) -> Iterator[Finding]:
    with app.store.reading() as shelves:
        count = shelves.quarantine.count_waiting()
    yield _counted("quarantine", count, "set aside, not understood", "See `tocsin alert quarantine`.")


def _counted(name: str, count: int, what: str, next_step: str) -> Finding:
    if not count:
        return Finding(name, Standing.OK, "Nothing waits.")
    return Finding(name, Standing.WARNING, f"{count} {what}.", next_step)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
