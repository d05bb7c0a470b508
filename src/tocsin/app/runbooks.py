"""Finds the runbooks of the packs, looks each over with its tests, and keeps those that may be followed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tocsin.app.bindings import bindings_of
from tocsin.app.calendar_files import files_of
from tocsin.app.packs import PackFile, Packs, is_test, packs_of, with_tests
from tocsin.app.performing import ACTIONS_FILE, collectors_of, performers_by, performers_of
from tocsin.app.settings import Settings
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.domain.pack_file import parse
from tocsin.domain.person import Role
from tocsin.domain.runbook import Called, Repeat, Runbook, Step
from tocsin.oncall.roster import Roster, parse_roster
from tocsin.response.declaring import loaded
from tocsin.runbooks.cacao.exporting import as_json, exported
from tocsin.runbooks.cacao.importing import imported
from tocsin.runbooks.cacao.linting import lint_playbook
from tocsin.runbooks.faults import Fault, RunbookWrong
from tocsin.runbooks.linting import Known, errors_of, lint
from tocsin.runbooks.reading import Draft, look_over, steps_of
from tocsin.runbooks.rehearsal import Rehearsed, rehearse
from tocsin.runbooks.rehearsal_file import read_tests
from tocsin.runbooks.writing import keys_of

ON_CALL = "oncall"
"""The role of whoever is on call."""
ROLES = frozenset(role.value for role in Role if role is not Role.INGEST)
"""The roles of accounts that people have."""

Files = Iterable[tuple[PackFile, PackFile | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file, everything that is wrong with it or its tests, and what came of the tests."""

    path: str
    runbook: Runbook | None
    faults: tuple[Fault, ...]
    rehearsed: tuple[Rehearsed, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Return what keeps the runbook from loading: mistakes, and tests that fail."""
        return errors_of(self.faults)


@dataclass(frozen=True, slots=True)
class Stock:
    """All runbooks that were found, right or wrong."""

    checked: tuple[Checked, ...]

    @property
    def books(self) -> Mapping[str, Runbook]:
        """Return those that may be followed, by id; of equal ids the last pack's wins."""
        return {
            each.runbook.runbook_id: each.runbook for each in self.checked if each.runbook and not each.errors
        }

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return everything that is wrong, file by file."""
        return tuple(fault for each in self.checked for fault in each.faults)

    def get(self, runbook_id: str) -> Checked:
        """Return the runbook of an id, right or wrong. Raises `NotFound`."""
        for each in reversed(self.checked):
            if each.runbook is not None and each.runbook.runbook_id == runbook_id:
                return each
        raise NotFound(
            f"There is no runbook {runbook_id[:80]!r}.",
            means="Nothing was done.",
            next_step="Look at `tocsin runbook list` for the runbooks there are.",
        )


def stock_of(files: Files, known: Known) -> Stock:
    """Look over some files and rehearse their tests; they may call each other and those `known`."""
    drafts = [(_draft(file), tests) for file, tests in files]
    books = {draft.runbook.runbook_id: draft.runbook for draft, _ in drafts if draft.runbook is not None}
    known = replace(known, runbooks={**known.runbooks, **books})
    return Stock(tuple(_checked(draft, tests, known) for draft, tests in drafts))


def stock_in_force(settings: Settings, packs: Packs | None = None) -> Stock:
    """Return the runbooks of the packs in force. Raises `Misconfigured`, `PackProblem`."""
    packs = packs or packs_of(settings)
    return stock_of(packs.runbook_files(), known_of(settings, packs))


def known_of(settings: Settings, packs: Packs) -> Known:
    """Return what runbooks may name by the packs in force. Raises `Misconfigured`, `PackProblem`."""
    written = (parse(file.text, file.path) for file in packs.every(ACTIONS_FILE))
    found = {**loaded(performers_of(*written).values()), **performers_by(settings)}
    actions = {name: each.declaration for name, each in found.items()}
    return Known(
        actions=actions,
        collectors=frozenset(collectors_of()),
        roles=_roles(packs),
        bindings=bindings_of(settings),
    )


def _roles(packs: Packs) -> frozenset[str] | None:
    """Return who may own a step, None while the on-call file lists nobody."""
    oncall = packs.file("oncall.yml")
    roster = parse_roster(oncall.text, oncall.path, files_of(packs.calendar_files()))
    return owners_in(roster)


def owners_in(roster: Roster) -> frozenset[str] | None:
    """Return who may own or approve a step, None while the on-call file lists nobody."""
    if not roster.people:
        return None
    leads = (f"{name}-lead" for name, team in roster.teams.items() if team.lead)
    return frozenset({ON_CALL, *roster.teams, *leads, *roster.schedules, *roster.people, *ROLES})


def runbook_files_at(paths: Iterable[Path]) -> Files:
    """Yield the runbooks at paths, each a file or a folder of them, with their tests. Raises `NotFound`."""
    for path in paths:
        if not path.exists():
            raise NotFound(
                f"There is nothing at {path}.",
                means="Nothing was looked over.",
                next_step="Name a runbook, or a folder that holds runbooks.",
            )
        if not path.is_dir():
            yield with_tests(path, None, str)
            continue
        for each in sorted(path.rglob("*.y*ml")):
            if not is_test(each):
                yield with_tests(each, path, str)


def _read(path: Path) -> PackFile:
    try:
        return PackFile(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}.",
            means="Nothing was looked over.",
            next_step="Make it a readable UTF-8 file.",
        ) from error


def summed_up(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults with one in place of all that name the same missing role; it says how many there are."""
    found: list[Fault] = []
    by_role: dict[str, list[Fault]] = {}
    for fault in faults:
        if not fault.role:
            found.append(fault)
            continue
        by_role.setdefault(fault.role, []).append(fault)
    for role, same in sorted(by_role.items()):
        files = len({each.path for each in same})
        words = f"There is no role `{role}` here, which {len(same)} steps in {files} runbooks name."
        found.append(same[0] if len(same) == 1 else replace(same[0], reason=words))
    return tuple(found)


def summary(checked: Checked) -> dict[str, Any]:
    """Return one runbook as a row."""
    book = checked.runbook
    steps = [node for node in steps_of(book.nodes) if isinstance(node, Step)] if book else []
    trigger = book.trigger if book else {}
    return {
        "runbook": book.runbook_id if book else "",
        "title": book.title if book else f"{Path(checked.path).name}: {checked.faults[0].reason}",
        "trigger": "; ".join(f"{key}: {', '.join(values)}" for key, values in trigger.items()),
        "steps": len(steps),
        "tests": len(checked.rehearsed),
        "state": "refused" if checked.errors else "loaded",
        "path": checked.path,
        "digest": book.digest if book else "",
    }


def step_records(checked: Checked) -> list[dict[str, Any]]:
    """Return the steps, repeats and calls of a runbook as rows, in the order in which they are read."""
    if checked.runbook is None:
        return []
    return [_step_record(node) for node in steps_of(checked.runbook.nodes)]


def _step_record(node: Step | Repeat | Called) -> dict[str, Any]:
    keys = keys_of(node)
    if isinstance(node, Step):
        return {
            "place": node.step_id,
            "do": node.do,
            "owner": ", ".join(node.owners),
            "within": keys.get("within", ""),
            "by": keys.get("by", ""),
            "if": node.condition,
            "run": ", ".join(action.action for action in node.actions),
            "approve": ", ".join(node.approve),
        }
    if isinstance(node, Repeat):
        do = f"Repeat every {keys['repeat']['every']} until {node.until}"
        return {"place": node.repeat_id, "do": do}
    return {"place": node.call_id, "do": f"Follow {node.runbook}", "if": node.condition}


def as_cacao(checked: Checked) -> str:
    """Return a runbook as a CACAO 2.0 playbook. Raises `RunbookWrong` for one that is refused."""
    if checked.runbook is None or checked.errors:
        raise RunbookWrong(checked.path, checked.errors)
    return as_json(exported(checked.runbook))


def from_cacao(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the runbook file of a playbook, and what is odd about the playbook.

    Raises `PlaybookRefused`, `Misconfigured`.
    """
    text = _read(path).text
    found = imported(text, f"{path.stem}.yml")
    return found, tuple(str(fault) for fault in lint_playbook(json.loads(text)))


def _draft(file: PackFile) -> Draft:
    if file.unread:
        return Draft(path=file.path, runbook=None, faults=(_unread(file),), places={})
    return look_over(file.text, file.path)


def _unread(file: PackFile) -> Fault:
    step = "Make it a readable UTF-8 file of its own, or remove it."
    return Fault(path=file.path, line=1, column=1, reason=file.unread, next_step=step)


def _checked(draft: Draft, tests: PackFile | None, known: Known) -> Checked:
    path, faults = draft.path, list(lint(draft, known))
    if draft.runbook is None or errors_of(faults):
        return Checked(path=path, runbook=draft.runbook, faults=tuple(faults))
    if tests is None:
        faults.append(_untested(path, "No test stands beside this runbook.", "Write `NAME.test.yml`."))
        return Checked(path=path, runbook=draft.runbook, faults=tuple(faults))
    if tests.unread:
        faults.append(_unread(tests))
        return Checked(path=path, runbook=draft.runbook, faults=tuple(faults))
    written, wrong = read_tests(tests.text, tests.path)
    rehearsed = tuple(rehearse(draft.runbook, test, known.runbooks) for test in written)
    faults += wrong
    faults += [_failed(each) for each in rehearsed if each.failures]
    faults += _unreached(draft.runbook, rehearsed)
    return Checked(path=path, runbook=draft.runbook, faults=tuple(faults), rehearsed=rehearsed)


def _failed(rehearsed: Rehearsed) -> Fault:
    test = rehearsed.test
    return Fault(
        path=test.path,
        line=test.line,
        column=1,
        reason=f"The test `{test.name}` fails: {' '.join(rehearsed.failures)}",
        next_step="Correct the runbook or the test.",
    )


def _unreached(book: Runbook, rehearsed: Iterable[Rehearsed]) -> list[Fault]:
    """Warn of steps that no test goes through."""
    reached = {place.rpartition("/")[2] for each in rehearsed for place in each.reached}
    steps = [node for node in steps_of(book.nodes) if isinstance(node, Step)]
    return [
        replace(
            _untested(book.path, f"No test does the step `{step.step_id}`.", "Add one that does."),
            line=step.line,
        )
        for step in steps
        if step.step_id not in reached
    ]


def _untested(path: str, reason: str, next_step: str) -> Fault:
    return Fault(path=path, line=1, column=1, reason=reason, next_step=next_step, warning=True)
