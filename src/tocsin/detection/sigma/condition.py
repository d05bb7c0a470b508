"""Sigma's condition language: `or` < `and` < `not` < `x of` < parentheses (S19-S22)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from tocsin.detection.sigma.tree import All, Any_, Not, Tree

# Parentheses and negations that one condition may nest; no known rule uses more than six.
DEEPEST = 50

_TOKEN = re.compile(r"\s*([()|]|[^\s()|]+)")
_OPERATORS = frozenset({"(", ")", "|", "and", "or", "not"})


class ConditionWrong(Exception):
    """A condition that cannot be understood: the reason, what to do, and the character where (from 0)."""

    def __init__(self, reason: str, next_step: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
        self.offset = offset


def parse(text: str, selections: Mapping[str, Tree], *, noun: str = "selection") -> Tree:
    """Return the tree of a condition over named selections. Raises ConditionWrong.

    `noun` is what the message calls them; a correlation's condition joins rules.
    """
    return _Parser(text, selections, noun).whole()


def names(text: str) -> tuple[str, ...]:
    """Return the words of a condition that are no operators, in order, each once."""
    words = (found.group(1) for found in _TOKEN.finditer(text))
    return tuple(dict.fromkeys(word for word in words if word not in _OPERATORS))


def operators(text: str) -> frozenset[str]:
    """Return the operators and parentheses that stand in a condition."""
    return frozenset(found.group(1) for found in _TOKEN.finditer(text)) & _OPERATORS


class _Parser:
    def __init__(self, text: str, selections: Mapping[str, Tree], noun: str) -> None:
        self._selections = selections
        self._noun = noun
        self._tokens = [(found.group(1), found.start(1)) for found in _TOKEN.finditer(text)]
        self._end = len(text)
        self._next = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._either()
        if self._next < len(self._tokens):
            token, offset = self._tokens[self._next]
            if token == "|":
                raise ConditionWrong(
                    "Aggregations behind a `|` are no longer part of Sigma.",
                    "Write a correlation rule (event_count, value_count) that names this rule.",
                    offset,
                )
            raise ConditionWrong(
                f"`{token}` is not expected here.",
                f"Join {self._noun}s by lower-case `and`, `or`, `not`.",
                offset,
            )
        return tree

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self) -> tuple[str, int]:
        if self._next == len(self._tokens):
            raise ConditionWrong("The condition ends too early.", f"Name a {self._noun} here.", self._end)
        self._next += 1
        return self._tokens[self._next - 1]

    def _either(self) -> Tree:
        branches = [self._both()]
        while self._peek() == "or":
            self._next += 1
            branches.append(self._both())
        return branches[0] if len(branches) == 1 else Any_(tuple(branches))

    def _both(self) -> Tree:
        branches = [self._single()]
        while self._peek() == "and":
            self._next += 1
            branches.append(self._single())
        return branches[0] if len(branches) == 1 else All(tuple(branches))

    def _single(self) -> Tree:
        token, offset = self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConditionWrong(f"The condition nests deeper than {DEEPEST} levels.", "Simplify it.", offset)
        tree = self._operand(token, offset)
        self._depth -= 1
        return tree

    def _operand(self, token: str, offset: int) -> Tree:
        if token == "not":
            return Not(self._single())
        if token == "(":
            tree = self._either()
            closing, at = self._take()
            if closing != ")":
                raise ConditionWrong(
                    f"`{closing}` stands where a `)` is needed.", "Close the parenthesis.", at
                )
            return tree
        if self._peek() == "of":
            return self._quantified(token, offset)
        if token in self._selections:
            return self._selections[token]
        raise ConditionWrong(
            f"`{token}` names no {self._noun} of this rule.",
            f"Use one of: {', '.join(self._selections)}; operators are lower case.",
            offset,
        )

    def _quantified(self, quantity: str, offset: int) -> Tree:
        if quantity not in ("1", "any", "all"):
            raise ConditionWrong(
                f"`{quantity} of` is not supported.", "Use `1 of`, `any of` or `all of`.", offset
            )
        self._next += 1
        pattern, at = self._take()
        if pattern == "them":
            chosen = [tree for name, tree in self._selections.items() if not name.startswith("_")]
        else:
            chosen = [tree for name, tree in self._selections.items() if _fits(name, pattern)]
        if not chosen:
            raise ConditionWrong(
                f"`{pattern}` fits no {self._noun} of this rule.",
                f"Use one of: {', '.join(self._selections)}.",
                at,
            )
        return All(tuple(chosen)) if quantity == "all" else Any_(tuple(chosen))


def _fits(name: str, pattern: str) -> bool:
    # fnmatch also knows `?` and `[...]`, which Sigma does not; they can't stand in a selection's name.
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
