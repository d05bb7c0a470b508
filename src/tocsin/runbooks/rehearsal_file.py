"""Reads the tests beside a runbook (`NAME.test.yml`): what is given, and which steps are then expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tocsin.domain.pack_file import Located, PackProblem, parse
from tocsin.domain.severity import Severity
from tocsin.runbooks.faults import Fault
from tocsin.runbooks.reading import ALONE
from tocsin.runbooks.written import Written

MOST_TESTS = 100
AFTER = timedelta(minutes=1)
"""How long a step takes of which a test says nothing."""
OUTCOMES = ("done", "failed", "skipped")

_TEST = ("name", "incident", "alert", "given", "expect")
_INCIDENT = ("severity", "type", "title", "service")
_GIVEN = ("after", "answer", "output", "outcome")
_EXPECT = ("order", "not_applicable", "missed", "failed", "actions", "fits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What becomes of one step: how long it takes from when it is ready, what is answered and found."""

    after: timedelta = AFTER
    answers: Mapping[str, str] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Which steps are done in which order, which are not applicable, late or failed, and what they ask for.

    `actions` are names with the arguments that are looked at; None: any. `fits` None: not looked at.
    """

    order: tuple[str, ...]
    not_applicable: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    actions: tuple[tuple[str, Mapping[str, Any]], ...] | None = None
    fits: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookTest:
    """One test: an incident with its alert, what is given for steps by place, and what is expected."""

    name: str
    path: str
    line: int
    severity: Severity
    type: str
    title: str
    services: tuple[str, ...]
    labels: Mapping[str, str]
    given: Mapping[str, Given]
    expected: Expectation


def read_tests(text: str, path: str) -> tuple[tuple[RunbookTest, ...], tuple[Fault, ...]]:
    """Read a test file: its tests, and everything that is wrong with it."""
    reading = _Reading(Written())
    tests: tuple[RunbookTest, ...] = ()
    try:
        tests = reading.file(parse(text, path))
    except PackProblem as problem:
        reading.written.add(problem)
    return tests, tuple(reading.written.faults)


class _Reading:
    """Reads one file and goes on after each mistake."""

    def __init__(self, written: Written) -> None:
        self.written = written

    def file(self, root: Located) -> tuple[RunbookTest, ...]:
        keys = self.written.keys(root, ("tests",), required=("tests",))
        members = keys["tests"].sequence() if "tests" in keys else ()
        if len(members) > MOST_TESTS:
            raise root.problem(f"there are more than {MOST_TESTS} tests.", "Split the runbook, or its tests.")
        return tuple(self._test(each) for each in members)

    def _test(self, place: Located) -> RunbookTest:
        keys = self.written.keys(place, _TEST, required=("name", "expect"))
        incident = self._keys(keys.get("incident"), _INCIDENT)
        severity = self._word(incident.get("severity"), tuple(Severity), Severity.P1)
        return RunbookTest(
            name=self._text(keys.get("name"), ""),
            path=place.path,
            line=place.line,
            severity=Severity(severity),
            type=self._text(incident.get("type"), "security"),
            title=self._text(incident.get("title"), "A rehearsal"),
            services=self.written.texts(incident.get("service")),
            labels={key: str(value) for key, value in self._map(keys.get("alert")).items()},
            given=self._given(keys.get("given")),
            expected=self._expected(keys.get("expect")),
        )

    def _given(self, place: Located | None) -> Mapping[str, Given]:
        nothing: tuple[tuple[Located, Located], ...] = ()
        pairs = self.written.attempt(place.entries, nothing) if place is not None else ()
        return {key.text: self._one_given(value) for key, value in pairs}

    def _one_given(self, place: Located) -> Given:
        keys = self.written.keys(place, _GIVEN)
        after = keys.get("after")
        answers = self._map(keys.get("answer"))
        return Given(
            after=AFTER if after is None else self.written.attempt(after.duration, AFTER),
            answers={name: str(value) for name, value in answers.items()},
            output=self._map(keys.get("output")),
            outcome=self._word(keys.get("outcome"), OUTCOMES, "done"),
        )

    def _expected(self, place: Located | None) -> Expectation:
        keys = self._keys(place, _EXPECT, required=("order",))
        fits = keys.get("fits")
        return Expectation(
            order=self.written.texts(keys.get("order")),
            not_applicable=frozenset(self.written.texts(keys.get("not_applicable"))),
            missed=frozenset(self.written.texts(keys.get("missed"))),
            failed=frozenset(self.written.texts(keys.get("failed"))),
            actions=self._actions(keys.get("actions")),
            fits=None if fits is None else self.written.attempt(fits.boolean, None),
        )

    def _actions(self, place: Located | None) -> tuple[tuple[str, Mapping[str, Any]], ...] | None:
        if place is None:
            return None
        nothing: tuple[Located, ...] = ()
        found: list[tuple[str, Mapping[str, Any]]] = []
        for each in self.written.attempt(place.sequence, nothing):
            if each.kind == "map":
                found += [(key.text, self._arguments(value)) for key, value in each.pairs]
            else:
                found.append((self._text(each, ""), {}))
        return tuple(found)

    def _arguments(self, place: Located) -> Mapping[str, Any]:
        return self._map(place) if place.kind == "map" else {ALONE: self.written.value(place)}

    def _keys(
        self, place: Located | None, allowed: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> Mapping[str, Located]:
        return {} if place is None else self.written.keys(place, allowed, required)

    def _text(self, place: Located | None, otherwise: str) -> str:
        return otherwise if place is None else self.written.attempt(place.string, otherwise)

    def _word(self, place: Located | None, allowed: tuple[str, ...], otherwise: str) -> str:
        return otherwise if place is None else self.written.attempt(lambda: place.choice(allowed), otherwise)

    def _map(self, place: Located | None) -> Mapping[str, Any]:
        if place is None:
            return {}
        nothing: tuple[tuple[Located, Located], ...] = ()
        pairs = self.written.attempt(place.entries, nothing)
        return {key.text: self.written.value(value) for key, value in pairs}
