"""Looks for what is missing or wrong in an installation, and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from tocsin.app.evidence_checkup import check_evidence
from tocsin.app.home_checkup import Finding, Standing
from tocsin.app.proving import Disagreements
from tocsin.app.wiring import App
from tocsin.domain.errors import Explained
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.flow.paging import DELIVER
from tocsin.oncall.people import INBOX

DIED_LATELY = timedelta(hours=24)
WAITED_TOO_LONG = timedelta(minutes=10)
LAST_MESSAGES = 3
OLD_SECRET_FORGOTTEN_DAYS = 30
_INCIDENTS_LOOKED_AT = 50
_MOST_WAITING = 10_000
_NEVER = datetime.min.replace(tzinfo=UTC)

# A rewritten timeline would fill the screen; `tocsin audit verify` counts the rest.
LINES_SHOWN = 20


def check_app(app: App) -> Iterator[Finding]:
    """Check everything that needs the built application."""
    for check in (_channels, _reach, _rules, _log, check_evidence, _deliveries, _quarantine, _old_secrets):
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
    last = _last_messages(app)
    silent = [name for name in real if _all_died(last.get(name, []))]
    for name in silent:
        yield Finding(
            "channels",
            Standing.PROBLEM,
            f"None of the last {len(last[name])} messages by {name} got through: {last[name][-1].answer}",
            f"Correct the settings of {name}, then replay what `tocsin delivery list --dead` shows.",
        )
    heard = [name for name in real if name not in silent]
    if heard:
        yield Finding("channels", Standing.OK, f"{', '.join(heard)} can reach people.")


def _last_messages(app: App) -> Mapping[str, list[Delivery]]:
    """Return by channel the last messages of the newest incidents that came to an end, oldest first."""
    with app.store.reading() as shelves:
        ended = [
            each
            for incident in shelves.incidents.listed(limit=_INCIDENTS_LOOKED_AT)
            for each in shelves.pages.deliveries_of(incident.incident_id)
            if each.state in (DeliveryState.DELIVERED, DeliveryState.DEAD)
        ]
    last: dict[str, list[Delivery]] = {}
    for each in sorted(ended, key=lambda one: one.finished_at or _NEVER):
        last.setdefault(each.channel, []).append(each)
    return {name: messages[-LAST_MESSAGES:] for name, messages in last.items()}


def _all_died(messages: list[Delivery]) -> bool:
    return bool(messages) and all(each.state is DeliveryState.DEAD for each in messages)


def _reach(app: App) -> Iterator[Finding]:
    """Warn where every page would stay in the Inbox."""
    roster = app.policies.roster
    if not roster.schedules:
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
    return {contact.channel for contact in app.policies.roster.contacts}


def _rules(app: App) -> Iterator[Finding]:
    rules, metric = app.policies.rules, app.policies.metric_rules
    for problem in (*rules.problems, *metric.problems):
        place = f"{problem.path}:{problem.line}:{problem.column}"
        yield Finding("rules", Standing.PROBLEM, f"{place}: {problem.reason}", problem.next_step)
    loaded = len(rules.rules) + len(rules.correlations) + sum(len(each.rules) for each in metric.groups)
    yield Finding("rules", Standing.OK, f"{loaded} rules are loaded.")


def _log(app: App) -> Iterator[Finding]:
    verdict = app.proving.verify()
    if verdict.sound:
        yield Finding("log", Standing.OK, verdict.reason)
    else:
        yield Finding(
            "log", Standing.PROBLEM, verdict.reason, "Run `tocsin audit verify`; do not repair the log."
        )
    against = app.proving.disagreements() if verdict.sound else Disagreements((), ())
    for differing in against.records[:LINES_SHOWN]:
        yield Finding("records", Standing.PROBLEM, differing.sentence, "Treat it as tampering.")
    if against.unreadable:
        return
    checked, faults = app.respond.verify()
    sentences = [differing.sentence for differing in against.exhibits]
    sentences += [fault.sentence for fault in faults]
    for sentence in sentences:
        yield Finding("exhibits", Standing.PROBLEM, sentence, "Treat it as tampering.")
    if not sentences:
        yield Finding("exhibits", Standing.OK, f"All {checked} exhibits are as kept.")


def _deliveries(app: App) -> Iterator[Finding]:
    now = app.clock.now()
    with app.store.reading() as shelves:
        dead = shelves.jobs.listed(JobState.DEAD, shelves.jobs.count(JobState.DEAD) or 1)
        ready = shelves.jobs.listed(JobState.READY, _MOST_WAITING)
    # A job that died keeps the end of its last lease, which is seconds after its death.
    lately = sum(job.run_at > now - DIED_LATELY for job in dead)
    step = "See `tocsin delivery list --dead`."
    if lately:
        yield Finding("deliveries", Standing.PROBLEM, f"{lately} given up in the last 24 hours.", step)
    if len(dead) > lately:
        words = f"{len(dead) - lately} given up more than 24 hours ago."
        yield Finding("deliveries", Standing.WARNING, words, step)
    waiting = [job for job in ready if job.kind.startswith(f"{DELIVER}.")]
    if waiting:
        yield _waiting(waiting, now)
    elif not dead:
        yield Finding("deliveries", Standing.OK, "Nothing waits.")


def _waiting(jobs: list[Job], now: datetime) -> Finding:
    overdue = sum(job.run_at < now - WAITED_TOO_LONG for job in jobs)
    words = f"{len(jobs)} on their way."
    if not overdue:
        return Finding("deliveries", Standing.OK, words)
    words = f"{words} {overdue} have been due for more than 10 minutes."
    return Finding("deliveries", Standing.PROBLEM, words, "Check that `tocsin up` runs and what it says.")


def _quarantine(app: App) -> Iterator[Finding]:
    with app.store.reading() as shelves:
        count = shelves.quarantine.count_waiting()
    if count:
        step = "See `tocsin alert quarantine`; replay or discard it."
        yield Finding("quarantine", Standing.WARNING, f"{count} set aside, not understood.", step)
    else:
        yield Finding("quarantine", Standing.OK, "Nothing waits.")


def _old_secrets(app: App) -> Iterator[Finding]:
    """Tell which old secret is still used, so that the others can be retired."""
    now = app.clock.now()
    for use in app.hearing.hooks.old_uses():
        days = (now - use.last).days
        if days < OLD_SECRET_FORGOTTEN_DAYS:
            ago = "today" if days == 0 else f"{days} days ago"
            yield Finding(
                "secrets",
                Standing.WARNING,
                f"An old secret of {use.connector}/{use.source} was still used {ago} ({use.times} in all).",
                "Give the sender the current secret, then take the old one out of the setting.",
            )
