"""Silences are made, confirmed by a second person, ended and forgotten; each act stands in the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tocsin.domain.alert import Alert
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.job import Job, JobState
from tocsin.domain.matchers import Matcher
from tocsin.domain.person import is_username
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.silence import Silence, SilenceState
from tocsin.domain.timeline import Happening
from tocsin.flow.makers import forget, makers_of, remember
from tocsin.flow.record import note
from tocsin.incidents.changed import TOCSIN
from tocsin.triage import silence_rules
from tocsin.triage.classify import classify
from tocsin.triage.flapping import FLAPS, forgotten_before
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.policy import TriagePolicy
from tocsin.triage.severities import SeverityWords
from tocsin.triage.silence_rules import ConfirmationRefused, Exposure, Wish, is_planned, person_of
from tocsin.triage.silencing import next_change, state_of

HUSH = "hush"
RETENTION = timedelta(hours=120)
"""An ended silence stays listed this long, as in Alertmanager."""
TIDY_EVERY = timedelta(hours=1)
UNTIL_RESOLVED_EVERY = timedelta(seconds=30)
MOST_ALERTS = 10_000
MOST_SILENCES = 1_000
"""All silences in force are read with each batch of alerts, so there may not be any number of them."""


def _nobody_waits(shelves: Shelves, now: datetime) -> None:
    """Stands in where nobody has to look at muted alerts again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What matchers would mute now: the alerts that fire, and what that means for a silence."""

    alerts: tuple[Alert, ...]
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Hush:
    """The chapter of silences. Each public method is one transaction, or runs inside the caller's.

    `may_confirm` says whether somebody of this username has an account that may be a second person.
    `look_again` is called inside the transaction whenever what is muted may have changed.
    """

    store: Store
    clock: Clock
    policy: NoisePolicy
    triage: TriagePolicy
    words: SeverityWords
    may_confirm: Callable[[str], bool] = is_username
    look_again: Callable[[Shelves, datetime], None] = _nobody_waits

    def silence(self, wish: Wish, silence_id: UUID | None = None) -> Silence:
        """Make a silence by our own rules, or change one. Raises `SilenceRefused`, `NotFound`."""
        now = self.clock.now()
        silence_rules.check(wish, now)
        with self.store.transaction() as shelves:
            shelves.lock(HUSH)
            seen = self._preview(shelves, wish.matchers, now)
            silence_rules.demand_owned(wish, seen.exposure, now, self.policy, fits=len(seen.alerts))
            return self._keep(shelves, wish, silence_id, now, needs_second=seen.exposure.guarded)

    def accept(self, wish: Wish, silence_id: UUID | None = None, *, is_upstream: bool = False) -> Silence:
        """Take a silence from a client that knows Alertmanager's fields only. Raises as `silence` does.

        `is_upstream` leaves out the reason and the second person, for those who want Alertmanager's behaviour
        as it is.
        """
        now = self.clock.now()
        silence_rules.check(wish, now)
        if not is_upstream:
            silence_rules.demand_reason(wish)
        with self.store.transaction() as shelves:
            shelves.lock(HUSH)
            guarded = not is_upstream and self._preview(shelves, wish.matchers, now).exposure.guarded
            return self._keep(shelves, wish, silence_id, now, needs_second=guarded)

    def preview(self, matchers: Sequence[Matcher]) -> Preview:
        """Say what a silence with these matchers would mute now."""
        with self.store.reading() as shelves:
            return self._preview(shelves, matchers, self.clock.now())

    def confirm(self, silence_id: UUID, actor: str) -> Silence:
        """A second person consents. Raises `NotFound`, `ConfirmationRefused`."""
        now = self.clock.now()
        has_account = self.may_confirm(person_of(actor))
        with self.store.transaction() as shelves:
            shelves.lock(HUSH)
            silence = found(shelves, silence_id)
            makers = makers_of(shelves, (silence,))[silence_id]
            confirmed = silence_rules.confirmed(silence, actor, now, makers)
            if not has_account:
                raise ConfirmationRefused(
                    f"{actor} has no account that may command.", "Sign in as a person, and confirm it there."
                )
            if confirmed != silence:
                shelves.silences.save(confirmed)
                _note(shelves, Happening.SILENCE_CONFIRMED, confirmed, actor, now)
                self._changed(shelves, now)
            return confirmed

    def expire(self, silence_id: UUID, actor: str) -> Silence:
        """A person ends a silence now; a second time changes nothing. Raises `NotFound`, `SilenceRefused`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(HUSH)
            silence = found(shelves, silence_id)
            if is_planned(silence):
                raise silence_rules.SilenceRefused(
                    "This is a maintenance window of a pack.", "Change maintenance.yml and restart Tocsin."
                )
            return self._end(shelves, silence, actor, now)

    def listed(self) -> tuple[Silence, ...]:
        """Return all silences, those that ended within the retention time too, by their end."""
        with self.store.reading() as shelves:
            return shelves.silences.ending_after(self.clock.now() - RETENTION)

    def makers(self, silences: Sequence[Silence]) -> Mapping[UUID, frozenset[str]]:
        """Return all who made or changed each silence; none of them can be its second person."""
        with self.store.reading() as shelves:
            return makers_of(shelves, silences)

    def adopt(self, windows: Sequence[Silence]) -> None:
        """Put the maintenance windows of the packs in force, and end those no longer written.

        Called now and then, it also forgets what was remembered of alerts that flapped.
        """
        now = self.clock.now()
        wanted = {window.silence_id: window for window in windows}
        with self.store.transaction() as shelves:
            shelves.lock(HUSH)
            for window in windows:
                self._adopt(shelves, window, now)
            for silence in shelves.silences.ending_after(now):
                if is_planned(silence) and silence.silence_id not in wanted:
                    self._end(shelves, silence, TOCSIN, now)
            shelves.marks.drop_older(FLAPS, forgotten_before(now, self.policy.flapping))
            self._changed(shelves, now)

    def sweep(self, shelves: Shelves, job: Job) -> None:
        """A silence begins or ends: what it muted is looked at again, owners warned, old ones dropped."""
        now = self.clock.now()
        since = datetime.fromisoformat(job.args["since"])
        for silence in shelves.silences.ending_after(since):
            if silence.ends_at <= now:
                if silence.updated_at < silence.ends_at:
                    # One that somebody ended was noted then.
                    _note(shelves, Happening.SILENCE_EXPIRED, silence, TOCSIN, now)
            elif silence.until_resolved and state_of(silence, now) is SilenceState.ACTIVE:
                self._end_if_resolved(shelves, silence, now)
            else:
                _warn(shelves, silence, now)
        shelves.silences.drop_ended(now - RETENTION)
        forget(shelves, (silence.silence_id for silence in shelves.silences.ending_after(now - RETENTION)))
        self._changed(shelves, now, since=now)

    def hold(self, shelves: Shelves, job: Job) -> None:
        """Hold off other acts on silences, before the job's row is touched."""
        shelves.lock(job.kind)

    def _keep(
        self, shelves: Shelves, wish: Wish, silence_id: UUID | None, now: datetime, *, needs_second: bool
    ) -> Silence:
        old = None if silence_id is None else found(shelves, silence_id)
        if old is not None and is_planned(old):
            raise silence_rules.SilenceRefused(
                "This is a maintenance window of a pack.", "Change maintenance.yml and restart Tocsin."
            )
        if old is None and len(shelves.silences.ending_after(now)) >= MOST_SILENCES:
            raise silence_rules.SilenceRefused(
                f"There are {MOST_SILENCES} silences in force already.", "End some, or use wider matchers."
            )
        outcome = silence_rules.replaced(old, wish, uuid4(), now, needs_second=needs_second)
        if outcome.ended is not None:
            shelves.silences.save(outcome.ended)
            _note(shelves, Happening.SILENCE_EXPIRED, outcome.ended, wish.owner, now)
        keep = shelves.silences.add if outcome.is_new else shelves.silences.save
        keep(outcome.silence)
        hands = {wish.owner, outcome.silence.created_by} | ({old.owner, old.created_by} if old else set())
        remember(shelves, outcome.silence.silence_id, hands, now, old_id=silence_id)
        _note(shelves, Happening.SILENCED, outcome.silence, wish.owner, now)
        self._changed(shelves, now)
        return outcome.silence

    def _preview(self, shelves: Shelves, matchers: Sequence[Matcher], now: datetime) -> Preview:
        fitting = tuple(
            alert
            for alert in shelves.alerts.unresolved(now, limit=MOST_ALERTS)
            if all(matcher.matches(alert.labels) for matcher in matchers)
        )
        classified = (classify(alert, self.triage, self.words) for alert in fitting)
        return Preview(fitting, silence_rules.exposure(matchers, classified, self.words, self.policy))

    def _adopt(self, shelves: Shelves, window: Silence, now: datetime) -> None:
        known = shelves.silences.get(window.silence_id)
        if known is None:
            shelves.silences.add(window)
            _note(shelves, Happening.SILENCED, window, window.owner, now)
        elif replace(window, second=None) != replace(known, second=None, updated_at=window.updated_at):
            shelves.silences.save(window)
            _note(shelves, Happening.SILENCED, window, window.owner, now)

    def _end(self, shelves: Shelves, silence: Silence, actor: str, now: datetime) -> Silence:
        ended = silence_rules.expired(silence, now)
        if ended != silence:
            shelves.silences.save(ended)
            _note(shelves, Happening.SILENCE_EXPIRED, ended, actor, now)
            self._changed(shelves, now)
        return ended

    def _end_if_resolved(self, shelves: Shelves, silence: Silence, now: datetime) -> None:
        if not self._preview(shelves, silence.matchers, now).alerts:
            shelves.silences.save(silence_rules.expired(silence, now))
            _note(shelves, Happening.SILENCE_EXPIRED, silence, TOCSIN, now)

    def _changed(self, shelves: Shelves, now: datetime, since: datetime | None = None) -> None:
        """Let muted alerts be looked at, and look at the silences again when the next one changes."""
        self.look_again(shelves, now)
        kept = shelves.silences.ending_after(now - RETENTION)
        if kept:
            since = since or _since(shelves, now)
            # An end that no sweep has seen yet is not put off.
            is_late = any(since < silence.ends_at <= now for silence in kept)
            run_at = now if is_late else min(_look_at(silence, now) for silence in kept)
            args = {"since": since.isoformat()}
            shelves.jobs.reschedule(Job(kind=HUSH, key=HUSH, run_at=run_at, args=args))


def found(shelves: Shelves, silence_id: UUID) -> Silence:
    """Return a silence. Raises `NotFound`."""
    silence = shelves.silences.get(silence_id)
    if silence is None:
        raise NotFound(
            "There is no such silence.",
            means="Nothing was changed.",
            next_step="Look at `tocsin silence list`; ended ones are forgotten after five days.",
        )
    return silence


def _since(shelves: Shelves, now: datetime) -> datetime:
    """An act between two sweeps must not let the ends before it pass unseen."""
    job = shelves.jobs.get(HUSH)
    if job is None or job.state is not JobState.READY:
        return now
    return min(now, datetime.fromisoformat(job.args["since"]))


def _look_at(silence: Silence, now: datetime) -> datetime:
    times = [now + TIDY_EVERY]
    change, warning = next_change(silence, now), silence_rules.warn_at(silence)
    if change is not None:
        times.append(change)
    if warning is not None and warning > now:
        times.append(warning)
    if silence.until_resolved and change is not None:
        times.append(now + UNTIL_RESOLVED_EVERY)
    return min(times)


def _warn(shelves: Shelves, silence: Silence, now: datetime) -> None:
    """Tell the owner, once, that the silence ends soon; the message waits in the inbox of the console."""
    warning = silence_rules.warn_at(silence)
    if warning is None or now < warning:
        return
    matchers = ", ".join(each.text for each in silence.matchers)
    shelves.inbox.keep(
        f"silence-ends:{silence.silence_id}:{silence.ends_at.isoformat()}",
        silence.owner,
        f"Your silence ends at {silence.ends_at:%H:%M} UTC",
        f"Alerts that fit {matchers} will call people again. Reason given: {silence.comment}",
        "/silences",
        now,
    )


def _note(shelves: Shelves, kind: Happening, silence: Silence, actor: str, now: datetime) -> None:
    note(
        shelves,
        kind,
        at=now,
        actor=actor,
        subject=str(silence.silence_id),
        facts={
            "matchers": ", ".join(each.text for each in silence.matchers),
            "reason": silence.comment,
            "owner": silence.owner,
            "starts_at": silence.starts_at.isoformat(),
            "ends_at": silence.ends_at.isoformat(),
            "recurs": silence.recurrence.rule if silence.recurrence else "",
            "needs_second": "yes" if silence.needs_second else "no",
        },
    )
