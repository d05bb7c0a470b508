"""Walk a template's tree over data, with bounds on steps, depth and output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin.oncall.alertmanager.template_fields import field_of
from tocsin.oncall.alertmanager.template_functions import (
    FUNCTIONS,
    MAX_TEXT,
    Html,
    Refused,
    escaped,
    is_true,
    spoken,
)
from tocsin.oncall.alertmanager.template_text import TemplateFault
from tocsin.oncall.alertmanager.template_tree import (
    Action,
    Block,
    Call,
    From,
    Node,
    Operand,
    Pipe,
    Template,
    Text,
)
from tocsin.oncall.alertmanager.template_view import Texts

MAX_STEPS = 100_000
"""Nodes and values that one rendering may touch."""

MAX_DEPTH = 80
"""How deep blocks and calls may stand in one another while a template is carried out."""

_TEXT_A_STEP = 1000
"""Characters that count as one more step when a function makes them."""

_LINK = re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*\Z", re.IGNORECASE)
_SAFE_LINK = re.compile(r"(?:https?|mailto):|[/#?]|[^:]*\Z", re.IGNORECASE)
_NOTHING = object()


class Run:
    """One rendering. `calls` are the templates under way; the innermost is where a fault happened."""

    def __init__(self, library: Mapping[str, Template], *, is_html: bool) -> None:
        self._library = library
        self._is_html = is_html
        self._parts: list[str] = []
        self._size = 0
        self._steps = 0
        self._depth = 0
        self._scopes: list[dict[str, Any]] = []
        self.calls: list[Template] = []

    @property
    def text(self) -> str:
        """Return what was printed so far."""
        return "".join(self._parts)

    def call(self, template: Template, dot: Any) -> None:
        """Carry a template out over `dot`. Raises `TemplateFault`; the innermost of `calls` is where."""
        self.calls.append(template)
        outer, self._scopes = self._scopes, [{"$": dot}]
        self._body(template.body, dot)
        self._scopes = outer
        self.calls.pop()

    def _step(self, at: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateFault(f"the template takes more than {MAX_STEPS} steps", at)

    def _print(self, text: str, at: int) -> None:
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise TemplateFault(f"the template prints more than {MAX_TEXT} characters", at)
        self._parts.append(text)

    def _body(self, nodes: Iterable[Node], dot: Any) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateFault(f"blocks and calls stand more than {MAX_DEPTH} deep", 0)
        for node in nodes:
            match node:
                case Text():
                    self._print(node.text, 0)
                case Action():
                    self._act(node.pipe, dot)
                case Block():
                    self._block(node, dot)
                case _:
                    self._called(node, dot)
        self._depth -= 1

    def _act(self, pipe: Pipe, dot: Any) -> None:
        value = self._pipe(pipe, dot)
        if not pipe.names:
            self._print(self._safe(value), pipe.at)

    def _safe(self, value: Any) -> str:
        """Return a value as it is printed: in HTML escaped, and as a link only if it leads to a page."""
        text = spoken(value)
        if not self._is_html or isinstance(value, Html):
            return text
        if _LINK.search("".join(self._parts[-3:])) and not _SAFE_LINK.match(text.strip()):
            return "#"
        return escaped(text)

    def _called(self, node: Call, dot: Any) -> None:
        if node.name not in self._library:
            raise TemplateFault(f'no template "{node.name}" is defined', node.at)
        value = None if node.pipe is None else self._pipe(node.pipe, dot)
        self._step(node.at)
        self.call(self._library[node.name], value)

    def _block(self, node: Block, dot: Any) -> None:
        self._scopes.append({})
        value = self._pipe(node.pipe, dot, is_range=node.word == "range")
        if node.word == "range":
            self._range(node, value, dot)
        elif is_true(value):
            self._body(node.body, value if node.word == "with" else dot)
        else:
            self._body(node.otherwise, dot)
        self._scopes.pop()

    def _range(self, node: Block, value: Any, dot: Any) -> None:
        is_empty = True
        for key, each in self._members(value, node.pipe.at):
            is_empty = False
            self._step(node.pipe.at)
            self._scopes.append(dict(zip(node.pipe.names[::-1], (each, key), strict=False)))
            self._body(node.body, each)
            self._scopes.pop()
        if is_empty:
            self._body(node.otherwise, dot)

    def _members(self, value: Any, at: int) -> Iterator[tuple[Any, Any]]:
        if isinstance(value, Texts):
            return iter(sorted(value.items()))
        if isinstance(value, tuple):
            return iter(enumerate(value))
        if value is None:
            return iter(())
        raise TemplateFault(f"range goes over a list or labels, not over {spoken(value)[:40]}", at)

    def _pipe(self, pipe: Pipe, dot: Any, *, is_range: bool = False) -> Any:
        value: Any = _NOTHING
        for command in pipe.commands:
            value = self._command(command, dot, value)
        if not is_range:
            for name in pipe.names:
                self._set(name, value, pipe)
        return value

    def _set(self, name: str, value: Any, pipe: Pipe) -> None:
        if pipe.is_new:
            self._scopes[-1][name] = value
            return
        for scope in reversed(self._scopes):
            if name in scope:
                scope[name] = value
                return
        raise TemplateFault(f"the variable {name} is not defined", pipe.at)

    def _command(self, operands: tuple[Operand, ...], dot: Any, piped: Any) -> Any:
        head, *rest = operands
        if head.source is From.FUNCTION:
            return self._function(head, tuple(rest), dot, piped)
        taken = [self._value(each, dot) for each in rest]
        if piped is not _NOTHING:
            taken.append(piped)
        return self._value(head, dot, tuple(taken))

    def _value(self, operand: Operand, dot: Any, taken: tuple[Any, ...] = ()) -> Any:
        self._step(operand.at)
        value = self._source(operand, dot)
        if taken and not operand.fields:
            raise TemplateFault("this value takes no others", operand.at)
        for number, name in enumerate(operand.fields, start=1):
            given = taken if number == len(operand.fields) else ()
            try:
                value = field_of(value, name, given)
            except Refused as refused:
                raise TemplateFault(str(refused), operand.at) from refused
        return value

    def _source(self, operand: Operand, dot: Any) -> Any:
        match operand.source:
            case From.DOT:
                return dot
            case From.VARIABLE:
                return self._variable(operand)
            case From.FUNCTION:
                return self._function(operand, (), dot, _NOTHING)
            case From.GROUP if isinstance(operand.value, Pipe):
                return self._pipe(operand.value, dot)
        return operand.value

    def _variable(self, operand: Operand) -> Any:
        for scope in reversed(self._scopes):
            if operand.value in scope:
                return scope[str(operand.value)]
        raise TemplateFault(f"the variable {operand.value} is not defined", operand.at)

    def _function(self, head: Operand, rest: tuple[Operand, ...], dot: Any, piped: Any) -> Any:
        self._step(head.at)
        name = str(head.value)
        if name in ("and", "or"):
            return self._first(name, head, rest, dot, piped)
        taken = [self._value(each, dot) for each in rest]
        taken += [] if piped is _NOTHING else [piped]
        function, least, most = FUNCTIONS.get(name, (None, 0, 0))
        if function is None:
            raise TemplateFault(f"there is no function {name}", head.at)
        if not least <= len(taken) <= most:
            raise TemplateFault(f"{name} does not take {len(taken)} values", head.at)
        try:
            value = function(*taken)
        except Refused as refused:
            raise TemplateFault(f"{name}: {refused}", head.at) from refused
        if isinstance(value, str):
            self._steps += len(value) // _TEXT_A_STEP
            if len(value) > MAX_TEXT:
                raise TemplateFault(f"{name}: a text grows over {MAX_TEXT} characters", head.at)
        return value

    def _first(self, name: str, head: Operand, rest: tuple[Operand, ...], dot: Any, piped: Any) -> Any:
        """Return what decides `and` or `or`; values after it are not looked at."""
        value = piped
        for each in rest:
            value = self._value(each, dot)
            if is_true(value) is (name == "or"):
                return value
        if piped is not _NOTHING:
            return piped
        if not rest:
            raise TemplateFault(f"{name} needs a value", head.at)
        return value
