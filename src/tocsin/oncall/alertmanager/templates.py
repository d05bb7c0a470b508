"""Render what people wrote with `{{ }}` in an `alertmanager.yml`: a sandboxed subset of Go's text/template.

What is supported is listed in docs/alertmanager.md. Nothing but the notification's own data can be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tocsin.domain.notification import Integration
from tocsin.oncall.alertmanager.kinds import KINDS
from tocsin.oncall.alertmanager.template_functions import FUNCTIONS
from tocsin.oncall.alertmanager.template_run import Run
from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.template_text import TemplateFault
from tocsin.oncall.alertmanager.template_tree import (
    Action,
    Block,
    From,
    Node,
    Operand,
    Pipe,
    Template,
    Text,
    parsed,
)

Library = Mapping[str, Template]
"""Templates by name."""

# What is never rendered: how and where to send, which no alert may decide.
_FIXED = frozenset(("http_config", "tls_config", "sigv4", "api_url", "smarthost", "retry", "expire", "ttl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a template gave nothing: `template` names it, line and column count from 1 within its text."""

    template: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"{self.template}:{self.line}:{self.column}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Settings with every template carried out; a key whose template failed is in `faults` instead."""

    settings: Mapping[str, Any]
    faults: tuple[Fault, ...]


def library_of(files: Iterable[tuple[str, str]] = ()) -> tuple[Library, tuple[Fault, ...]]:
    """Return the shipped templates and those that files define, and what is wrong with the files.

    `files` are names and texts, in the order of the file's `templates`; a later definition replaces an
    earlier one, as it does a shipped one.
    """
    found, faults = dict(SHIPPED), []
    for name, text in files:
        try:
            template, defined = parsed(name, text)
        except TemplateFault as fault:
            faults.append(_fault(name, text, fault))
        else:
            found |= {**defined, name.rpartition("/")[2]: template}
    return MappingProxyType(found), tuple(faults)


def render(text: str, dot: Any, library: Library, *, name: str, is_html: bool = False) -> str | Fault:
    """Render a text over a `View` (or a part of one).

    `name` is what a fault calls the text. In HTML every value is escaped unless `safeHtml` made it. Steps,
    depth and output are bounded; whatever is wrong comes back as a `Fault`.
    """
    try:
        template, defined = parsed(name, text)
    except TemplateFault as fault:
        return _fault(name, text, fault)
    run = Run({**library, **defined}, is_html=is_html)
    try:
        run.call(template, dot)
    except TemplateFault as fault:
        innermost = run.calls[-1]
        return _fault(innermost.name, innermost.source, fault)
    return run.text


def render_settings(integration: Integration, dot: Any, library: Library) -> Rendered:
    """Render every text among an integration's settings.

    Where a text fails, the kind's shipped text is rendered in its place, so that a mistake in a template
    costs a nicer message and not the message.
    """
    faults: list[Fault] = []
    settings: dict[str, Any] = {}
    for key, value in integration.settings.items():
        rendering = _Rendering(dot, library, f"{integration.kind}_configs.{key}", is_html=key == "html")
        rendered = value if key in _FIXED or key.endswith("_file") else rendering.of(value)
        if rendering.faults and key in KINDS[integration.kind].defaults:
            rendered = rendering.of(KINDS[integration.kind].defaults[key])
        faults += rendering.faults
        if not rendering.faults or rendered is not None:
            settings[key] = rendered
    return Rendered(settings=settings, faults=tuple(faults))


def faults_in(text: str, library: Library | None, *, name: str) -> tuple[Fault, ...]:
    """Return what of a text cannot be rendered whatever the alert: its syntax, unknown functions, and (given
    a library) unknown templates.
    """
    try:
        template, defined = parsed(name, text)
    except TemplateFault as fault:
        return (_fault(name, text, fault),)
    known = None if library is None else {*library, *defined}
    bodies = (template.body, *(each.body for each in defined.values()))
    return tuple(
        _fault(name, text, fault) for body in bodies for node in body for fault in _unknown(node, known)
    )


class _Rendering:
    """Renders one setting, lists and mappings included."""

    def __init__(self, dot: Any, library: Library, name: str, *, is_html: bool) -> None:
        self._dot = dot
        self._library = library
        self._name = name
        self._is_html = is_html
        self.faults: list[Fault] = []

    def of(self, value: Any) -> Any:
        """Return the value rendered; None for a text that fails."""
        if isinstance(value, Mapping):
            return {key: self.of(each) for key, each in value.items()}
        if isinstance(value, tuple):
            return tuple(self.of(each) for each in value)
        if not isinstance(value, str) or "{{" not in value:
            return value
        rendered = render(value, self._dot, self._library, name=self._name, is_html=self._is_html)
        if isinstance(rendered, Fault):
            self.faults.append(rendered)
            return None
        return rendered


def _fault(name: str, text: str, fault: TemplateFault) -> Fault:
    before = text[: fault.at]
    return Fault(
        template=name,
        line=before.count("\n") + 1,
        column=len(before) - (before.rfind("\n") + 1) + 1,
        reason=fault.reason,
    )


def _unknown(node: Node, known: set[str] | None) -> Iterable[TemplateFault]:
    match node:
        case Text():
            return
        case Action():
            yield from _unknown_functions(node.pipe)
        case Block():
            yield from _unknown_functions(node.pipe)
            for each in (*node.body, *node.otherwise):
                yield from _unknown(each, known)
        case _:
            if known is not None and node.name not in known:
                yield TemplateFault(f'no template "{node.name}" is defined', node.at)
            if node.pipe is not None:
                yield from _unknown_functions(node.pipe)


def _unknown_functions(pipe: Pipe) -> Iterable[TemplateFault]:
    for operand in (each for command in pipe.commands for each in command):
        if isinstance(operand.value, Pipe):
            yield from _unknown_functions(operand.value)
        elif _is_unknown(operand):
            yield TemplateFault(f"there is no function {operand.value}", operand.at)


def _is_unknown(operand: Operand) -> bool:
    return operand.source is From.FUNCTION and operand.value not in ("and", "or", *FUNCTIONS)
