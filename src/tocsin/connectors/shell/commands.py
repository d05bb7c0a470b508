"""Reads an allow-list of commands: exact words, places for arguments, and all that an action declares."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tocsin.connectors.declared import DECLARED, DECLARED_TOO, declaration_of, time_limit_of
from tocsin.domain.action import Declaration, ParameterKind
from tocsin.domain.pack_file import Located

LONGEST_WORD = 512
_KEYS = (*DECLARED, *DECLARED_TOO, "run", "look", "environment")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox"})
_LOADERS = ("LD_", "DYLD_", "PYTHON", "BASH_", "IFS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line: its words, the only environment it gets, and how long it may take, in seconds."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    seconds: float

    @property
    def operation(self) -> str:
        """Return the words as one line, which names the command in a call."""
        return shlex.join(self.words)

    def filled(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Return the words with their places filled. Raises ValueError for a value that is no plain word.

        A value at the beginning of a word may not begin with a dash: it would be an option.
        """
        return tuple(_filled(word, values) for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """One action of the allow-list: what runs, what looks whether it took effect, what takes it back."""

    declaration: Declaration
    run: Command
    look: Command | None
    undo: Command | None

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return all its command lines."""
        return tuple(one for one in (self.run, self.look, self.undo) if one is not None)


def allowed_in(written: Located) -> tuple[Allowed, ...]:
    """Return what an allow-list allows. Raises `PackProblem`."""
    listed = written.mapping(("commands",), ("commands",))["commands"].sequence()
    found: dict[str, Allowed] = {}
    for one in listed:
        allowed = _allowed(one)
        if allowed.declaration.name in found:
            raise one.problem(f"`{allowed.declaration.name}` is described twice.", "Keep one of the two.")
        found[allowed.declaration.name] = allowed
    return tuple(found.values())


def _allowed(place: Located) -> Allowed:
    keys = place.mapping(_KEYS, ("name", "title", "class", "run"))
    repeat = keys["repeat"].mapping(("by", "rule"), ("by", "rule")) if "repeat" in keys else {}
    undo = keys["undo"].mapping(("does", "run"), ("does", "run")) if "undo" in keys else None
    declaration = declaration_of(keys, place, repeat, undo)
    if not declaration.name.startswith("shell."):
        raise keys["name"].problem(
            "the name of a command begins with `shell.`.", "Write `shell.restart_gateway`."
        )
    if declaration.action_class.is_containment and "look" not in keys:
        raise place.problem(
            "the action does not say `look`.",
            "`look` is a command that ends with 0 once the action took effect.",
        )
    environment = _environment(keys.get("environment"))
    seconds = time_limit_of(keys)

    def command(written: Located) -> Command:
        return Command(words=_words(written, declaration), environment=environment, seconds=seconds)

    return Allowed(
        declaration=declaration,
        run=command(keys["run"]),
        look=command(keys["look"]) if "look" in keys else None,
        undo=command(undo["run"]) if undo is not None else None,
    )


def _words(written: Located, declaration: Declaration) -> tuple[str, ...]:
    words = tuple(one.string() for one in written.sequence())
    if not words or not words[0].startswith("/") or _PLACE.search(words[0]):
        raise written.problem(
            "the first word is no absolute path of a program.",
            "Write a list: [/usr/bin/systemctl, restart, x].",
        )
    if PurePosixPath(words[0]).name in _SHELLS:
        raise written.problem(
            f"`{words[0]}` is a shell.",
            "Name the program itself, or put the steps into a script of your own.",
        )
    plain = {
        one.name
        for one in declaration.parameters
        if one.required and not one.secret and one.kind in (ParameterKind.TEXT, ParameterKind.NUMBER)
    }
    for one in written.sequence():
        for name in _PLACE.findall(one.text):
            if name not in plain:
                raise one.problem(
                    f"nothing fills the place `{{{name}}}`.",
                    "Name a required argument of kind text or number.",
                )
    return words


def _environment(written: Located | None) -> Mapping[str, str]:
    found = {}
    for key, value in written.entries() if written is not None else ():
        if _VARIABLE.fullmatch(key.text) is None or key.text.startswith(_LOADERS):
            raise key.problem(f"`{key.text}` may not be set.", "Set plain variables; none that loads code.")
        found[key.text] = value.string()
    return found


def _filled(word: str, values: Mapping[str, object]) -> str:
    def put(place: re.Match[str]) -> str:
        value = str(values.get(place[1], ""))
        begins = place.start() == 0
        if (
            not value
            or len(value) > LONGEST_WORD
            or not value.isprintable()
            or (begins and value.startswith("-"))
        ):
            raise ValueError(place[1])
        return value

    return _PLACE.sub(put, word)
