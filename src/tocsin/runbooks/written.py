"""Takes the parts of a runbook's file, and goes on after each mistake, so that all are found at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tocsin.domain.expressions import ExpressionWrong, expressions_in, parse
from tocsin.domain.pack_file import Located, PackProblem
from tocsin.runbooks.faults import Fault, fault_of

Found = TypeVar("Found")

_CONSTANTS = {"null": None, "true": True, "false": False}


@dataclass(slots=True)
class Written:
    """What was found wrong so far, and where each part of each step stands (`block/if` -> line, column)."""

    faults: list[Fault] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, problem: PackProblem) -> None:
        """Remember one mistake."""
        self.faults.append(fault_of(problem))

    def attempt(self, read: Callable[[], Found], otherwise: Found) -> Found:
        """Return what is read, else remember why it cannot be and go on."""
        try:
            return read()
        except PackProblem as problem:
            self.add(problem)
            return otherwise

    def keys(
        self, place: Located, allowed: Collection[str], required: Collection[str] = ()
    ) -> Mapping[str, Located]:
        """Read a mapping; every unknown and every missing key is a mistake of its own."""
        found = {}
        nothing: tuple[tuple[Located, Located], ...] = ()
        for key, value in self.attempt(place.entries, nothing):
            if key.text in allowed:
                found[key.text] = value
            else:
                known = ", ".join(allowed)
                self.add(key.problem(f"the key `{key.text}` is not known here.", f"Use one of: {known}."))
        for name in required:
            if name not in found and place.kind == "map":
                self.add(place.problem(f"the key `{name}` is missing.", f"Add `{name}:` here."))
        return found

    def texts(self, place: Located | None) -> tuple[str, ...]:
        """Read one text or a list of them, nothing where the key is not there."""
        if place is None:
            return ()
        if place.kind != "seq":
            return self.attempt(lambda: (place.string(),), ())
        return tuple(text for each in place.members if (text := self.attempt(each.string, "")))

    def condition(self, place: Located | None) -> str:
        """Read a condition, empty where there is none."""
        if place is None:
            return ""
        if place.kind not in ("str", "bool"):
            self.attempt(place.string, "")
            return ""
        try:
            parse(place.text)
        except ExpressionWrong as wrong:
            self.add(_wrong(place, wrong))
        return place.text

    def value(self, place: Located) -> Any:
        """Read an argument: text, number, flag, list or map; what is between `{{ }}` must be expressions."""
        if place.kind == "map":
            return {key.text: self.value(value) for key, value in place.pairs}
        if place.kind == "seq":
            return [self.value(member) for member in place.members]
        if place.kind in ("int", "float"):
            return _number(place.text)
        if place.kind != "str":
            return _CONSTANTS.get(place.text.lower())
        try:
            tuple(expressions_in(place.text))
        except ExpressionWrong as wrong:
            self.add(_wrong(place, wrong))
        return place.text


def _wrong(place: Located, wrong: ExpressionWrong) -> PackProblem:
    reason = f"the expression `{place.text}` is wrong at its character {wrong.column}: {wrong.reason}."
    return place.problem(reason, wrong.next_step)


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        # YAML 1.2 also knows 0x1F and 0o17.
        return int(text, 0) if text[:2].lower() in ("0x", "0o") else float(text.replace(".inf", "inf"))
