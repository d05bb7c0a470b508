"""Who may silence what for how long, and how one silence takes the place of another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.errors import Explained
from tocsin.domain.matchers import Matcher
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Recurrence, Silence, SilenceState
from tocsin.triage import recurrence
from tocsin.triage.classify import Classified
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.severities import SeverityWords
from tocsin.triage.silencing import state_of

MAX_MATCHERS = 30
MAX_CHARACTERS = 200
"""Of an owner, and of a label's name or value in a matcher."""
MAX_COMMENT_CHARACTERS = 1000
MAX_AHEAD = timedelta(days=366)
"""A silence begins at the latest, and one that recurs ends at the latest, this long from now."""
WARN_AHEAD = timedelta(minutes=15)
_WARN_FROM = timedelta(hours=1)
"""A silence shorter than this ends while whoever made it still remembers."""


class SilenceRefused(Explained):
    """A silence cannot be made as wanted."""

    code = "silence_refused"

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(
            happened, means="Nothing was silenced: alerts call people as before.", next_step=next_step
        )


class ConfirmationRefused(Explained):
    """This person cannot be the second one for this silence."""

    code = "confirmation_refused"
    status = 409

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="The silence stays as it was.", next_step=next_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A silence as somebody wants it. `owner` is who is signed in; `created_by` is what a client wrote."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    owner: str
    comment: str
    created_by: str = ""
    until_resolved: bool = False
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a silence can touch: the worst severity known, and whether that needs two people."""

    worst: Severity | None
    guarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The silence that holds now, and the one that it ended by taking its place, if any."""

    silence: Silence
    ended: Silence | None
    is_new: bool


def exposure(
    matchers: Sequence[Matcher], fitting: Iterable[Classified], words: SeverityWords, policy: NoisePolicy
) -> Exposure:
    """Say what a silence can touch: the alerts that it fits now, and what its matchers say of severity."""
    touched = list(fitting)
    found = [each.severity for each in touched if each.severity is not None] + _named(matchers, words)
    return Exposure(
        worst=min(found, default=None),
        guarded=any(policy.is_guarded(each.severity, each.type) for each in touched),
    )


def check(wish: Wish, now: datetime) -> None:
    """Raise `SilenceRefused` unless the wish holds what is asked of every client."""
    if not 1 <= len(wish.matchers) <= MAX_MATCHERS:
        raise SilenceRefused(
            f"A silence has 1 to {MAX_MATCHERS} matchers, this one {len(wish.matchers)}.",
            "Name the alerts by one or more matchers, such as alertname=DiskFull.",
        )
    if any(len(each.label) > MAX_CHARACTERS or len(each.value) > MAX_CHARACTERS for each in wish.matchers):
        raise SilenceRefused(
            f"A matcher is longer than {MAX_CHARACTERS} characters.", "Split it into several silences."
        )
    # As in Alertmanager, a negative matcher counts as one that an empty label does not satisfy.
    if all(each.matches({}) and not each.operator.startswith("!") for each in wish.matchers):
        raise _fits_everything()
    # A text may be longer than a client of Alertmanager thinks; it is cut nowhere else.
    if len(wish.comment) > MAX_COMMENT_CHARACTERS or len(wish.created_by) > MAX_CHARACTERS:
        raise SilenceRefused("The reason or the author is too long.", "Write one or two sentences.")
    # Postgres keeps no NUL, and what is not printed cannot be read by whoever is woken.
    if "\0" in "".join((wish.comment, wish.created_by, *(each.label + each.value for each in wish.matchers))):
        raise SilenceRefused("A text holds a NUL character.", "Write plain text.")
    if wish.ends_at <= wish.starts_at or wish.ends_at <= now:
        raise SilenceRefused(
            "The silence would end before it begins, or has ended already.", "Choose a later end."
        )


def demand_owned(wish: Wish, exposed: Exposure, now: datetime, policy: NoisePolicy, *, fits: int) -> None:
    """Hold a silence to our own rules: a reason, an owner, a bounded length. Raises `SilenceRefused`.

    `fits` is how many alerts it would mute now. A client that knows only Alertmanager's fields is not held to
    this; what its silence may mute is bounded when alerts are judged.
    """
    if all(each.matches({}) for each in wish.matchers):
        raise _fits_everything()
    demand_reason(wish)
    if wish.starts_at > now + MAX_AHEAD or (wish.recurrence and wish.ends_at > now + 2 * MAX_AHEAD):
        raise SilenceRefused(
            "The silence reaches too far ahead: it begins within a year; one that recurs ends within two.",
            "Choose earlier times, or keep it as a maintenance window in a pack.",
        )
    if wish.recurrence and wish.starts_at < now - 10 * MAX_AHEAD:
        raise SilenceRefused("The silence begins too long ago to count from there.", "Choose a later start.")
    if wish.until_resolved and (not fits or wish.recurrence):
        raise SilenceRefused(
            "A silence until resolved needs alerts that fire now, and cannot recur.",
            "Choose an end instead, or correct the matchers.",
        )
    if wish.recurrence:
        _check_recurrence(wish.recurrence, wish, now)
    longest = policy.longest[exposed.worst or Severity.P3]
    length = wish.recurrence.lasts if wish.recurrence else wish.ends_at - max(wish.starts_at, now)
    if length > longest:
        raise SilenceRefused(
            f"It could mute {exposed.worst or Severity.P3} alerts; one silence may for {_spoken(longest)}.",
            f"Choose at most {_spoken(longest)}, and silence again if the work takes longer.",
        )


def demand_reason(wish: Wish) -> None:
    """Raise `SilenceRefused` unless somebody says why."""
    if not wish.comment.strip() or not wish.owner:
        raise SilenceRefused(
            "A silence needs a reason: its comment is empty.", "Say why nobody must be called."
        )


def made(wish: Wish, silence_id: UUID, now: datetime, *, needs_second: bool) -> Silence:
    """Return the new silence of a wish; a start that is past is now, as in Alertmanager."""
    return Silence(
        silence_id=silence_id,
        matchers=wish.matchers,
        starts_at=wish.starts_at if wish.recurrence else max(wish.starts_at, now),
        ends_at=wish.ends_at,
        updated_at=now,
        created_by=wish.created_by or wish.owner,
        owner=wish.owner,
        comment=wish.comment.strip(),
        until_resolved=wish.until_resolved,
        recurrence=wish.recurrence,
        needs_second=needs_second,
    )


def replaced(
    old: Silence | None, wish: Wish, new_id: UUID, now: datetime, *, needs_second: bool = False
) -> Replaced:
    """Make a silence, or change `old` by Alertmanager's rules; an expired one is never revived.

    The same matchers and recurrence keep the id when one that has begun keeps its start, and one that has not
    begins in the future; anything else ends the old one and makes a new one. Whoever confirmed the old one
    did not confirm a longer one.
    """
    new = made(wish, new_id, now, needs_second=needs_second)
    if old is None:
        return Replaced(silence=new, ended=None, is_new=True)
    if not _can_change(old, wish, now):
        over = None if state_of(old, now) is SilenceState.EXPIRED else expired(old, now)
        return Replaced(silence=new, ended=over, is_new=True)
    starts_at = old.starts_at if old.starts_at <= now else wish.starts_at
    keeps_second = wish.ends_at <= old.ends_at and starts_at >= old.starts_at
    changed = replace(
        new,
        silence_id=old.silence_id,
        starts_at=starts_at,
        needs_second=needs_second or old.needs_second,
        second=old.second if keeps_second else None,
    )
    return Replaced(silence=changed, ended=None, is_new=False)


def expired(silence: Silence, now: datetime) -> Silence:
    """Return the silence ended now; one that has ended stays as it is."""
    if silence.ends_at <= now:
        return silence
    return replace(silence, starts_at=min(silence.starts_at, now), ends_at=now, updated_at=now)


def confirmed(silence: Silence, second: str, now: datetime, makers: Collection[str] = ()) -> Silence:
    """Return the silence confirmed by a second person. Raises `ConfirmationRefused`.

    Any silence can be confirmed: only a confirmed one mutes guarded alerts. Consent needs somebody signed in,
    so neither a token nor the command line gives it. `makers` are all who ever made or changed it, or made a
    token that did: whoever owns it by now, none of them is a second person.
    """
    if second.startswith(("token:", "cli:")):
        raise ConfirmationRefused(
            "Neither a token nor the command line can be the second person.",
            "Sign in to the console as a person, and confirm it there.",
        )
    if person_of(second) in {person_of(each) for each in (silence.owner, silence.created_by, *makers)}:
        raise ConfirmationRefused(
            f"{second} made or changed this silence and cannot be its second person.",
            "Ask somebody else to confirm it.",
        )
    if state_of(silence, now) is SilenceState.EXPIRED:
        raise ConfirmationRefused("The silence has ended.", "Make a new one.")
    return silence if silence.second else replace(silence, second=second, updated_at=now)


def person_of(actor: str) -> str:
    """Return the username behind an actor: `cli:ada` is Ada too."""
    return actor.removeprefix("cli:")


def is_planned(silence: Silence) -> bool:
    """Say whether the silence stands in a pack's maintenance.yml; their ids are made from their names."""
    return silence.silence_id.version == 5


def warn_at(silence: Silence) -> datetime | None:
    """Return when its owner is warned that it ends; None for one that is short or ends by itself."""
    if silence.until_resolved or silence.recurrence or silence.ends_at - silence.starts_at < _WARN_FROM:
        return None
    return silence.ends_at - WARN_AHEAD


def _fits_everything() -> SilenceRefused:
    return SilenceRefused(
        "The matchers would fit every alert that lacks their labels.",
        "Add a matcher that an empty label does not satisfy, such as alertname=DiskFull.",
    )


def _can_change(old: Silence, wish: Wish, now: datetime) -> bool:
    if old.ends_at <= now or set(old.matchers) != set(wish.matchers) or old.recurrence != wish.recurrence:
        return False
    if old.starts_at > now:
        return wish.starts_at >= now
    # Alertmanager compares whole seconds; a client sends the start back as it was shown, in milliseconds.
    return int(wish.starts_at.timestamp()) == int(old.starts_at.timestamp())


def _check_recurrence(wanted: Recurrence, wish: Wish, now: datetime) -> None:
    try:
        recurrence.check(wanted)
    except ValueError as error:
        raise SilenceRefused(str(error), "Write a rule such as FREQ=WEEKLY;BYDAY=SU with a zone.") from error
    since = max(wish.starts_at, now)
    if next(recurrence.windows(wanted, wish.starts_at, since, wish.ends_at), None) is None:
        raise SilenceRefused(
            "The rule never comes before the silence ends.", "Choose a later end, or correct the rule."
        )


def _named(matchers: Sequence[Matcher], words: SeverityWords) -> list[Severity]:
    """Return the severities whose words satisfy the matchers on `severity`; none when there are none."""
    asked = [each for each in matchers if each.label == "severity"]
    if not asked:
        return []
    return [
        severity
        for word, severity in words.common.words.items()
        if severity is not None and all(each.matches({"severity": word}) for each in asked)
    ]


def _spoken(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600, 1)
    return f"{hours:g} hours" if hours < 48 else f"{hours / 24:g} days"
