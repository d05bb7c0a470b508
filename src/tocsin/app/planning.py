"""What other packs would change: files, meanings, shifts, and the pages of the last days."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.app.alertmanager_file import file_of
from tocsin.app.pack_tree import FileChange, Tree, changed_files, tree_for, tree_in_home
from tocsin.app.pack_words import Meaning, meanings, sections_of
from tocsin.app.packs import Packs
from tocsin.app.policies import Policies, build_policies, plan_of
from tocsin.app.recorded import MOST_ALERTS, Recorded, recorded
from tocsin.app.replaying import Replayed, SentPage, replay
from tocsin.app.shift_changes import AHEAD, ShiftChange, shift_changes
from tocsin.app.wiring import App
from tocsin.connectors.mapping import parse_intake
from tocsin.domain.errors import Explained
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager
from tocsin.oncall.roster import Roster
from tocsin.oncall.roster_tests import read_tests, run_test
from tocsin.store.lake.policy import parse_lake

TESTS = "oncall.tests.yml"
DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Packs as a start would read them; without `policies` they would not load. `problems` say why not."""

    problems: tuple[str, ...]
    policies: Policies | None = None
    alertmanager: Configuration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChange:
    """A page that only one of the two would have sent; `is_new` says that it is the changed packs."""

    page: SentPage
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What was called in a time: by the packs as they are (`before`), and as they would be (`after`).

    `really` is what was sent then, by whatever packs were in force.
    """

    start: datetime
    end: datetime
    alerts: int
    changes: tuple[PageChange, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    really: Mapping[str, int]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPlan:
    """All that would change. `tree` is what would be in force; with `problems` it would not load."""

    tree: Tree
    base: str
    files: tuple[FileChange, ...]
    problems: tuple[str, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    shifts: tuple[ShiftChange, ...] = ()
    calls: Calls | None = None


def plan(app: App, folder: Path, *, days: int = DAYS, most: int = MOST_ALERTS) -> PackPlan:
    """Say what a folder of packs would change; nothing is written. Raises `PacksUnreadable`."""
    now, home = tree_in_home(app.settings.home), app.settings.home
    tree = tree_for(home, folder)
    made = PackPlan(tree=tree, base=now.digest, files=changed_files(now.digests, tree.digests))
    checked = check(app, tree)
    if checked.policies is None or checked.problems:
        return replace(made, problems=checked.problems)
    if not made.files:
        return made
    # What is in the home now, not what this process was started with.
    before = check(app, now)
    old = before.policies or app.policies
    at = app.clock.now()
    with app.store.reading() as shelves:
        overrides = shelves.overrides.between(at, at + AHEAD)
    return replace(
        made,
        meanings=meanings(
            sections_of(old, before.alertmanager), sections_of(checked.policies, checked.alertmanager)
        ),
        shifts=shift_changes(old.roster.schedules, checked.policies.roster.schedules, overrides, at),
        calls=calls(app, old, checked.policies, timedelta(days=days), most),
    )


def check(app: App, tree: Tree) -> Checked:
    """Read packs as a start would, and run the tests beside the on-call file."""
    with staged(app, tree) as packs:
        try:
            policies = build_policies(packs)
            plan_of(policies.rules, policies.words)
            file = file_of(app.settings, packs)
            alertmanager = parse_alertmanager(file.text, file.path) if file else None
            intake, lake = packs.file("intake.yml"), packs.file("lake.yml")
            parse_intake(intake.text, intake.path)
            parse_lake(lake.text, lake.path)
            tests = tuple(_failed_tests(packs, policies.roster))
        except Explained as refusal:
            return Checked(problems=(f"{refusal.happened} {refusal.next_step}",))
        ours = tuple(f"{pack.name}/" for pack in packs.installed() if pack.parent == packs.instead)
        rules = (*policies.rules.problems, *policies.metric_rules.problems)
        broken = tuple(str(each) for each in rules if each.path.startswith(ours))
    return Checked(problems=(*broken, *tests), policies=policies, alertmanager=alertmanager)


@contextmanager
def staged(app: App, tree: Tree) -> Iterator[Packs]:
    """Give packs that lie in no home yet, as a start would see them there."""
    with tempfile.TemporaryDirectory(prefix="tocsin-packs-") as place:
        folder = Path(place).resolve() / "packs"
        tree.write(folder)
        yield replace(app.packs, instead=folder)


def calls(app: App, old: Policies, new: Policies, span: timedelta, most: int = MOST_ALERTS) -> Calls:
    """Play the alerts of a time under both, and say which pages only one of them would have sent."""
    end = app.clock.now()
    with app.store.reading() as shelves:
        told = recorded(shelves, end - span, end, most)
    before, after = (replay(told, each, app.locker) for each in (old, new))
    return Calls(
        start=told.start,
        end=told.end,
        alerts=len(told.alerts),
        changes=page_changes(before.pages, after.pages),
        before=_by_person(before.pages),
        after=_by_person(after.pages),
        really=told.pages,
        remarks=tuple(_remarks(told, before, after)),
    )


def page_changes(before: Iterable[SentPage], after: Iterable[SentPage]) -> tuple[PageChange, ...]:
    """Return what only one side has, by time. The same person called at the same time for the same alert by
    the same step is the same page, whatever the words of it."""
    old, new = tuple(before), tuple(after)
    return tuple(
        sorted(
            (
                *(PageChange(page=page, is_new=False) for page in _without(old, new)),
                *(PageChange(page=page, is_new=True) for page in _without(new, old)),
            ),
            key=lambda each: (each.page.at, each.is_new, each.page.person),
        )
    )


def _without(some: Iterable[SentPage], others: Iterable[SentPage]) -> Iterator[SentPage]:
    left = Counter(map(_same, others))
    for page in some:
        key = _same(page)
        if left[key] > 0:
            left[key] -= 1
        else:
            yield page


def _same(page: SentPage) -> tuple[datetime, str, int, str, int]:
    return page.at, page.person, page.alert, page.policy, page.step


def _by_person(pages: Iterable[SentPage]) -> Mapping[str, int]:
    return dict(sorted(Counter(page.person for page in pages).items()))


def _remarks(told: Recorded, before: Replayed, after: Replayed) -> Iterator[str]:
    if told.left_out:
        first = f"{told.alerts[0].heard_at:%Y-%m-%d %H:%M} UTC" if told.alerts else "the start"
        yield f"Only the newest {len(told.alerts):,} alerts were played, from {first} on."
    for which, played in (("as they are", before), ("as they would be", after)):
        if played.stopped_at is not None:
            yield (
                f"The packs {which} sent {len(played.pages):,} pages until "
                f"{played.stopped_at:%Y-%m-%d %H:%M} UTC; there it was stopped."
            )


def _failed_tests(packs: Packs, roster: Roster) -> Iterator[str]:
    """Yield what is wrong by the tests in force; those of another pack than the on-call file's count too."""
    if not any((folder / TESTS).is_file() for folder in packs.folders()):
        return
    file = packs.file(TESTS)
    for test in read_tests(file.text, file.path, roster):
        verdict = run_test(roster, test)
        if verdict.faults:
            yield f"{file.path}:{test.line}: “{test.name}” fails. {' '.join(verdict.faults)}"
