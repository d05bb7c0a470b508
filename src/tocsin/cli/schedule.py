"""`tocsin schedule`: who is on call, what stays open, who carries the load, and changes for a while."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.opened import actor, opened, username
from tocsin.cli.show import Show
from tocsin.cli.verb import noun, verb

if TYPE_CHECKING:
    from tocsin.app.wiring import App
    from tocsin.domain.override import Override
    from tocsin.flow.duty import Duty
    from tocsin.oncall.schedules.asking import Asker, Span

DAYS = click.IntRange(1, 1826)
OVERRIDE = ("id", "state", "kind", "starts_at", "ends_at", "person", "instead_of", "asked_by", "reason")


NO_SCHEDULE = "There is no schedule. Write one in oncall.yml (docs/oncall.md), then `tocsin oncall check`."


@verb("list", example="tocsin schedule list")
def listed(show: Show) -> None:
    """List schedules with who is on call now."""

    with opened() as app:
        from tocsin.app.schedules import duty_of, schedule_record

        duty = duty_of(app)
        records = [schedule_record(schedule, duty) for schedule in duty.schedules.values()]
    rows = [_flat(record) for record in records]
    shown = records if show.as_json else rows
    show.rows("tocsin.schedule.list/1", shown, tuple(_flat_columns()), empty=NO_SCHEDULE)


@verb("show", example="tocsin schedule show platform --days 14")
@click.argument("schedule")
@click.option("--days", default=14, show_default=True, type=DAYS, help="How far ahead.")
@click.option("--changes", is_flag=True, help="Show overrides and requests instead of shifts.")
def shown(show: Show, *, schedule: str, days: int, changes: bool) -> None:
    """Show the shifts to come, each with its cause, or what changes them."""

    with opened() as app:
        from tocsin.app.schedules import duty_of, override_record, shift_record

        duty, now = duty_of(app), app.clock.now()
        end = now + timedelta(days=days)
        if changes:
            found = duty.overrides(now, end, duty.schedule(schedule).name)
            show.rows("tocsin.schedule.changes/1", [override_record(one) for one in found], OVERRIDE)
            return
        known = duty.schedule(schedule)
        records = [shift_record(known, shift) for shift in duty.whole_shifts(schedule, now, end)]
    show.rows("tocsin.schedule.show/1", records, ("start", "end", "person", "why"))


@verb("who", example="tocsin schedule who platform")
@click.argument("schedule", required=False)
def who(show: Show, *, schedule: str | None) -> None:
    """Say who is on call now, until when and why."""
    records: list[dict[str, Any]] = []
    with opened() as app:
        from tocsin.app.schedules import duty_of, turn_record

        duty = duty_of(app)
        chosen = [duty.schedule(schedule)] if schedule else list(duty.schedules.values())
        for known, now in [(one, duty.now(one.name)) for one in chosen]:
            beside = [("beside", turn) for turn in now.everybody[1:]]
            turns = (("primary", now.primary), ("secondary", now.secondary), *beside)
            shown = [(role, turn_record(known, turn)) for role, turn in turns]
            records += [{"schedule": known.name, "role": role, **record} for role, record in shown if record]
            if now.primary is None:
                show.warn(f"Nobody is on call by the schedule {known.name} now.")
    columns = ("schedule", "role", "person", "until", "why")
    nobody = "Nobody is on call now. `tocsin schedule gaps` lists when that is so." if chosen else NO_SCHEDULE
    show.rows("tocsin.schedule.who/1", records, columns, empty=nobody)


@verb("gaps", example="tocsin schedule gaps")
@click.argument("schedule", required=False)
@click.option("--days", default=30, show_default=True, type=DAYS, help="How far ahead.")
def gaps(show: Show, *, schedule: str | None, days: int) -> None:
    """List when nobody is on call, and people whom nothing would reach; exit 6 if there are some."""
    from tocsin.cli.exits import Exit
    from tocsin.cli.verb import leave

    with opened() as app:
        from tocsin.app.schedules import duty_of, gap_record, unreachable_people

        duty, now = duty_of(app), app.clock.now()
        known = [duty.schedule(schedule)] if schedule else list(duty.schedules.values())
        end = now + timedelta(days=days)
        records = [gap_record(one, gap) for one in known for gap in duty.gaps(one.name, now, end)]
        unheard = {
            person: why
            for person, why in unreachable_people(app).items()
            if any(person in one.people for one in known)
        }
    none = f"Somebody is on call at every minute of {days} days." if known else NO_SCHEDULE
    show.rows("tocsin.schedule.gaps/1", records, ("schedule", "start", "end", "minutes"), empty=none)
    for person, why in unheard.items():
        show.warn(f"{person} {why}.")
    leave(Exit.PROBLEMS if records or unheard else Exit.OK)


@verb("fairness", example="tocsin schedule fairness platform --days 90")
@click.argument("schedule")
@click.option("--days", default=90, show_default=True, type=DAYS, help="How far back.")
@click.option("--ahead", is_flag=True, help="Look ahead instead of back.")
def fairness(show: Show, *, schedule: str, days: int, ahead: bool) -> None:
    """Show hours, nights, weekends, holidays and pages of each person."""

    with opened() as app:
        from tocsin.app.schedules import duty_of, load_record, loads_of

        now, length = app.clock.now(), timedelta(days=days)
        start = now if ahead else now - length
        known = duty_of(app).schedule(schedule)
        records = [load_record(known, load) for load in loads_of(app, schedule, start, start + length)]
    columns = ("person", "shifts", "hours", "night_hours", "weekend_hours", "holiday_hours", "pages")
    show.rows("tocsin.schedule.fairness/1", records, columns)


@verb(
    "override",
    example="tocsin schedule override platform --from 2026-11-20T18:00 --until 2026-11-21T09:00 --person ada",
)
@click.argument("schedule")
@click.option("--from", "starts", required=True, help="When it begins; local to the schedule without a zone.")
@click.option("--until", "ends", required=True, help="When it ends.")
@click.option("--kind", type=click.Choice(("replace", "add", "remove")), default="replace", show_default=True)
@click.option("--person", help="Who comes on call.")
@click.option("--instead-of", help="Who goes off; whoever is on call when left out.")
@click.option("--reason", default="", help="Why; people are told.")
@click.option("--dry-run", is_flag=True, help="Only show who would be on call.")
def override(show: Show, *, schedule: str, starts: str, ends: str, dry_run: bool, **wanted: Any) -> None:
    """Put somebody on call, beside or in place of others, or take somebody off, for a while."""
    from tocsin.domain.override import OverrideKind
    from tocsin.oncall.schedules.asking import Wish

    with opened() as app:
        duty = _duty(app)
        span = _span(duty, schedule, starts, ends)
        wish = Wish(schedule=schedule, span=span, **{**wanted, "kind": OverrideKind(wanted["kind"])})
        if dry_run:
            _preview(show, app, duty, wish)
            return
        made = duty.override(wish, _asker(app, None))
    _told(show, (made,), "is in force")


@verb(
    "cover",
    example="tocsin schedule cover platform --from 2026-11-20T18:00 --until 2026-11-21T09:00 --whose ben",
)
@click.argument("schedule")
@click.option("--from", "starts", help="When it begins; local to the schedule without a zone.")
@click.option("--until", "ends", help="When it ends.")
@click.option("--whose", help="Who asks to be covered; you when left out.")
@click.option("--take", help="Take the cover of this id.")
@click.option("--person", help="Who takes it; you when left out.")
@click.option("--reason", default="", help="Why; people are told.")
def cover(show: Show, *, schedule: str, starts: str | None, ends: str | None, **wanted: Any) -> None:
    """Ask that somebody covers for a while, or take such a request."""
    from tocsin.domain.override import OverrideKind
    from tocsin.oncall.schedules.asking import Wish

    with opened() as app:
        from tocsin.app.schedules import id_of

        duty = _duty(app)
        asker = _asker(app, wanted["person"] or wanted["whose"])
        if wanted["take"]:
            taken = duty.take_cover(id_of(wanted["take"]), wanted["person"] or asker.signed, asker)
            _told(show, (taken,), "is taken")
            return
        if not (starts and ends):
            raise click.UsageError("Give --from and --until, or --take with the id of a request.")
        wish = Wish(
            schedule=schedule,
            kind=OverrideKind.REPLACE,
            span=_span(duty, schedule, starts, ends),
            instead_of=asker.person,
            reason=wanted["reason"],
        )
        made = duty.ask_cover(wish, asker)
    _told(show, (made,), "waits until somebody takes it")


@verb(
    "swap",
    example="tocsin schedule swap platform --from 2026-11-23T09:00 --until 2026-11-30T09:00 "
    "--with ada --their-from 2026-11-30T09:00 --their-until 2026-12-07T09:00",
)
@click.argument("schedule")
@click.option("--from", "starts", help="When your time begins; local to the schedule without a zone.")
@click.option("--until", "ends", help="When it ends.")
@click.option("--with", "other", help="With whom.")
@click.option("--their-from", "their_starts", help="When the other's time begins.")
@click.option("--their-until", "their_ends", help="When it ends.")
@click.option("--agree", help="Say where the swap of this id is agreed to.")
@click.option("--as", "whose", help="Ask for this person; you when left out.")
@click.option("--reason", default="", help="Why; people are told.")
def swap(show: Show, *, schedule: str, agree: str | None, whose: str | None, **wanted: Any) -> None:
    """Ask another to swap two times; it counts when they agreed, signed in to the console."""
    from tocsin.domain.override import OverrideKind
    from tocsin.oncall.schedules.asking import Wish

    with opened() as app:
        from tocsin.app.schedules import changes_shifts, id_of

        duty, asker = _duty(app), _asker(app, whose)
        if agree:
            raise _consents_elsewhere(app, duty.found(id_of(agree)))
        if not all(wanted[name] for name in ("starts", "ends", "other", "their_starts", "their_ends")):
            raise click.UsageError("Give both times and --with, or --agree with the id of a swap.")
        wish = Wish(
            schedule=schedule,
            kind=OverrideKind.SWAP,
            span=_span(duty, schedule, wanted["starts"], wanted["ends"]),
            person=wanted["other"],
            reason=wanted["reason"],
        )
        theirs = _span(duty, schedule, wanted["their_starts"], wanted["their_ends"])
        halves = duty.ask_swap(wish, theirs, asker)
        changes = changes_shifts(app, halves)
    _told(show, halves, f"waits until {wanted['other']} agrees")
    if not changes:
        show.warn("As the schedule stands, this swap would change nobody's shifts.")


@verb("withdraw", example="tocsin schedule withdraw 6f2c1a52-0000-4000-8000-000000000001")
@click.argument("override_id", metavar="OVERRIDE")
def withdraw(show: Show, *, override_id: str) -> None:
    """Take back an override, a request or a swap; what is in force ends now."""

    with opened() as app:
        from tocsin.app.schedules import id_of

        _told(show, _duty(app).withdraw(id_of(override_id), _asker(app, None)), "is withdrawn")


@verb("export", example="tocsin schedule export platform > platform.ics")
@click.argument("schedule")
@click.option("--person", default="", help="Only this person's shifts.")
def export(show: Show, *, schedule: str, person: str) -> None:
    """Print a schedule as a calendar (RFC 5545)."""

    with opened() as app:
        from tocsin.app.schedules import calendar_of

        written = calendar_of(app, schedule, person)
    if show.as_json:
        show.one("tocsin.schedule.export/1", {"calendar": written.decode()})
        return
    click.echo(written, nl=False)


@verb("import", example="tocsin schedule import platform shifts.ics --days 90 --dry-run")
@click.argument("schedule")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--days", default=90, show_default=True, type=DAYS, help="How far ahead.")
@click.option("--dry-run", is_flag=True, help="Only list what would be taken over.")
def imported(show: Show, *, schedule: str, file: Path, days: int, dry_run: bool) -> None:
    """Take over the events of a calendar file as overrides, each for whom it names."""

    with opened() as app:
        from tocsin.app.schedules import import_calendar

        found = import_calendar(
            app, schedule, file.read_bytes(), timedelta(days=days), _asker(app, None), only_look=dry_run
        )
    show.rows("tocsin.schedule.import/1", found.records, ("start", "end", "person"))
    for name in found.unknown:
        show.warn(f"{name!r} names nobody of the on-call file, or more than one; it was left out.")


@verb("feed", example="tocsin schedule feed platform --person ben")
@click.argument("schedule")
@click.option("--person", default="", help="Only this person's shifts.")
@click.option("--end", "ended", is_flag=True, help="End the link instead of making one.")
def subscribe(show: Show, *, schedule: str, person: str, ended: bool) -> None:
    """Make a secret link to a calendar for programs that can send no token; it is shown once."""

    with opened() as app:
        from tocsin.app.calendar_feeds import CalendarFeeds, Subscription

        _duty(app).schedule(schedule)
        feeds, wanted = CalendarFeeds(app.store, app.clock), Subscription(schedule=schedule, person=person)
        if ended:
            show.say("The link is ended." if feeds.end(wanted, actor()) else "There was no such link.")
            return
        key = feeds.make(wanted, actor())
        base = app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/")
    link = f"{base}/api/v1/schedules/feeds/{key}.ics"
    show.one("tocsin.schedule.feed/1", {"link": link})
    show.say("Whoever has this link can read the calendar. The link before it, if any, is ended.")


def _duty(app: App) -> Duty:
    from tocsin.app.schedules import duty_of

    return duty_of(app)


def _asker(app: App, whose: str | None) -> Asker:
    """Who opens the store administers it, and may act for a person of the on-call file; the log says so."""
    from tocsin.app.schedules import asker_of

    name = actor() if whose is None else f"{actor()} for {whose}"
    return asker_of(app, name, whose or username(), may_command=True)


def _consents_elsewhere(app: App, half: Override) -> Exception:
    """Who opens the store may ask for others, but nobody is signed in here who could consent."""
    from tocsin.oncall.schedules.asking import OverrideRefused

    base = app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/")
    return OverrideRefused(
        "A swap is not agreed to on the command line: nobody can agree for another.",
        means="The schedule is as it was.",
        next_step=f"Let who was asked sign in and agree at {base}/oncall?schedule={half.schedule}.",
    )


def _span(duty: Duty, schedule: str, starts: str, ends: str) -> Span:
    from tocsin.app.schedules import time_of
    from tocsin.oncall.schedules.asking import Span

    zone = duty.schedule(schedule).zone
    return Span(starts_at=time_of(starts, zone), ends_at=time_of(ends, zone))


def _preview(show: Show, app: App, duty: Duty, wish: Any) -> None:
    from tocsin.app.schedules import preview, shift_record

    known = duty.schedule(wish.schedule)
    records = [shift_record(known, shift) for shift in preview(app, wish, _asker(app, None))]
    show.rows("tocsin.schedule.show/1", records, ("start", "end", "person", "why"))


def _told(show: Show, made: tuple[Override, ...], words: str) -> None:
    from tocsin.app.schedules import override_record

    show.rows("tocsin.schedule.changes/1", [override_record(one) for one in made], OVERRIDE)
    show.say(f"It {words}.")


def _flat_columns() -> list[str]:
    return ["name", "zone", "primary", "until", "secondary"]


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    primary, secondary = record["primary"] or {}, record["secondary"] or {}
    return {
        "name": record["name"],
        "zone": record["zone"],
        "primary": primary.get("person"),
        "until": primary.get("until"),
        "secondary": secondary.get("person"),
    }


schedule = noun(
    "schedule",
    "Schedules: who is on call, gaps, load, overrides, cover, swaps, calendars.",
    listed,
    shown,
    who,
    gaps,
    fairness,
    override,
    cover,
    swap,
    withdraw,
    export,
    imported,
    subscribe,
)
