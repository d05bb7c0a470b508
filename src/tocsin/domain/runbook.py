"""A runbook: the plan that people follow, as its file says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tocsin.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAction:
    """One action of a step. Arguments may be `{{ expression }}` texts, evaluated when the step is ready.

    `revert_after` is the `for:` of a containment: it undoes itself after that time.
    """

    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    revert_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One answer of a person: one of `choices`, a free text (none), or a `proposed` value to confirm."""

    name: str
    choices: tuple[str, ...] = ()
    proposed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a runbook. `within` counts from when the step is ready, `by` from the incident's start.

    `cacao` is what a foreign CACAO playbook says of the step beyond that, verbatim.
    """

    step_id: str
    do: str
    owners: tuple[str, ...] = ()
    within: timedelta | None = None
    by: timedelta | None = None
    condition: str = ""
    actions: tuple[StepAction, ...] = ()
    asks: tuple[Ask, ...] = ()
    approve: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    see: str = ""
    cacao: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Branches that are all done before what comes next is ready."""

    branches: tuple[tuple[Node, ...], ...]
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Nodes that are gone through every so often until a condition holds."""

    repeat_id: str
    every: timedelta
    until: str
    nodes: tuple[Node, ...]
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Another runbook, gone through at this place with names of its own; `condition` as of a step."""

    call_id: str
    runbook: str
    condition: str = ""
    line: int = 0


Node = Step | Parallel | Repeat | Called


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One runbook file. `digest` is the SHA-256 (hex) of its `text`: a run is pinned to it.

    `trigger` says which incidents it is for: `alert` (a name), `type`, `severity`, `service`, each with the
    values that count. `severity` is given to an incident that has none of its own yet. `cacao` is what a
    foreign CACAO playbook says beyond its steps, verbatim.
    """

    runbook_id: str
    title: str
    trigger: Mapping[str, tuple[str, ...]]
    severity: Severity | None
    forbid: tuple[str, ...]
    nodes: tuple[Node, ...]
    path: str
    text: str
    digest: str
    cacao: Mapping[str, Any] = field(default_factory=dict)
