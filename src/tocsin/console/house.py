"""Whether the house is in order: what was checked, how it stands, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.app.trusting import believed_in
from tocsin.audit.trust import Level
from tocsin.domain.job import JobState
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Shelves


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the house: a name, whether it is well, and the words that say why."""

    name: str
    is_well: bool
    words: str
    at: datetime | None = None


def checks(shelves: Shelves, channels: Sequence[Channel], now: datetime) -> tuple[Check, ...]:
    """Return the checks, always the same ones in the same order."""
    return (
        _log(shelves),
        _trust(shelves, now),
        _channels(channels),
        _dead(shelves.oversight.count_dead()),
        _quarantine(shelves.quarantine.count_waiting()),
        Check(
            name="Jobs", is_well=True, words=_counted(shelves.jobs.count(JobState.READY), "job") + " ahead."
        ),
    )


def in_one_line(made: Sequence[Check]) -> str:
    """Return what was checked, for the page that has nothing else to show."""
    ill = [check.name for check in made if not check.is_well]
    if ill:
        return f"But look below: {', '.join(ill)}."
    return "Checked: " + ", ".join(check.name.lower() for check in made) + "."


def _log(shelves: Shelves) -> Check:
    number = shelves.log.latest()
    if number > 1:
        words = f"{_counted(number - 1, 'log')} broke and stays as it is; a successor is written to."
        return Check(name="Log", is_well=False, words=words)
    last = shelves.log.last_checkpoint()
    if last is None:
        return Check(name="Log", is_well=False, words="No checkpoint was signed yet; nothing is sealed.")
    size = shelves.log.size() + shelves.log.waiting()
    behind = size - last.size
    words = f"{_counted(size, 'entry', 'entries')}, {behind} not yet under a checkpoint. Signed"
    return Check(name="Log", is_well=True, words=words, at=last.signed_at)


def _trust(shelves: Shelves, now: datetime) -> Check:
    """Tell the level as it is. It is well from L1 on: more than that takes somebody outside."""
    trust = believed_in(shelves, now).trust
    words = f"{trust.level}: {trust.sentence}."
    return Check(name="Trust in the log", is_well=trust.level is not Level.L0, words=words)


def _channels(channels: Sequence[Channel]) -> Check:
    real = sorted(channel.name for channel in channels if channel.is_real)
    if real:
        return Check(name="Channels", is_well=True, words=f"{', '.join(real)} can reach people.")
    return Check(
        name="Channels",
        is_well=False,
        words="Only the Inbox: no page leaves this machine. Set up slack, smtp or webhook.",
    )


def _dead(count: int) -> Check:
    if not count:
        return Check(name="Deliveries", is_well=True, words="No dead letter.")
    return Check(
        name="Deliveries",
        is_well=False,
        words=f"{_counted(count, 'dead letter')}: given up, not delivered. The Inbox page says why.",
    )


def _quarantine(count: int) -> Check:
    if not count:
        return Check(name="Quarantine", is_well=True, words="Everything that came in was understood.")
    words = f"{_counted(count, 'body', 'bodies')} could not be understood; kept, and can be replayed."
    return Check(name="Quarantine", is_well=False, words=words)


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
