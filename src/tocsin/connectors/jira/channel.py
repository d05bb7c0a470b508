"""Keeps one Jira issue an incident: made once, commented as it goes on, closed when it is resolved."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.connectors.jira.document import document_of, text_of
from tocsin.connectors.jira.issues import Issues
from tocsin.connectors.phase import Phase, phase_of
from tocsin.connectors.plain import one_line, title_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# From https://support.atlassian.com/jira-software-cloud/docs/: one line of at most 255 characters each.
LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
PAUSE_S = 2.0
"""How long a message waits for another one that is making the same incident's issue at this moment."""

_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,30}-\d{1,12}")
_NOT_IN_A_LABEL = re.compile(r"[^A-Za-z0-9_.:{}-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What differs from site to site: types and transitions by id or name, priorities by id."""

    issue_type: str = "Task"
    priorities: Mapping[str, str] = field(default_factory=dict)
    resolve_transition: str = ""


@dataclass(frozen=True, slots=True)
class JiraChannel:
    """Jira as a channel; the address is a project's key, or `project/issue type`.

    Jira knows no idempotency key. The incident's issue is found by its label before one is made, and a repeat
    is known by the mark of its message; Cloud's search may lag some seconds behind, which leaves at most one
    duplicate where the answer to the making was lost.
    """

    issues: Issues
    choices: Choices = field(default_factory=Choices)
    busy: Busy = field(default_factory=lambda: Busy())

    @property
    def name(self) -> str:
        return "jira"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Make, comment or close the incident's issue. Raises `DeliveryFailed`."""
        with self.issues.outbound.together() as together:
            return replace(self, issues=replace(self.issues, outbound=together))._send(message, address)

    def _send(self, message: Message, address: str) -> Receipt:
        project, _, issue_type = address.partition("/")
        label = label_of(message)
        with self.busy.alone_with(f"{project} {label}"):
            key = message.thread if _KEY.fullmatch(message.thread) else self._found(project, label)
            if key:
                return self._goes_on(message, key)
            if phase_of(message) is Phase.RESOLVED:
                return Receipt("there is no issue to close")
            key = self.issues.create(self._fields(message, project, issue_type, label))
            return Receipt(f"made {key}", key)

    def _found(self, project: str, label: str) -> str:
        found = self.issues.find(project, [label])
        return found.key if found else ""

    def _goes_on(self, message: Message, key: str) -> Receipt:
        mark = mark_of(message)
        if message.attempt == 1 or not self.issues.holds(key, mark):
            self.issues.comment(key, self._written(message, mark))
        wanted = self.choices.resolve_transition
        if phase_of(message) is not Phase.RESOLVED or not wanted:
            return Receipt(f"commented {key}", key)
        if self.issues.move(key, wanted):
            return Receipt(f"commented and closed {key}", key)
        return Receipt(f"commented {key}, whose state does not offer the transition", key)

    def _fields(self, message: Message, project: str, issue_type: str, label: str) -> dict[str, Any]:
        fields = {
            "project": {"key": project},
            "summary": title_of(message, limit=LONGEST_SUMMARY),
            "issuetype": named(issue_type or self.choices.issue_type),
            "labels": [label],
            "description": self._written(message, mark_of(message)),
        }
        priority = self.choices.priorities.get(message.severity)
        return fields | ({"priority": {"id": priority}} if priority else {})

    def _written(self, message: Message, mark: str) -> object:
        return document_of(message, mark) if self.issues.takes_documents else text_of(message, mark)


@dataclass(frozen=True, slots=True)
class Busy:
    """Which issues are being looked for or made at this moment, so that two messages do not make two."""

    _now: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def alone_with(self, issue: str) -> Iterator[None]:
        """Hold the issue. Raises `DeliveryFailed` at once, without waiting, if another message holds it."""
        with self._lock:
            if issue in self._now:
                reason = "another message about the same incident is on its way to Jira"
                raise DeliveryFailed(FailureKind.RETRY_LATER, reason, retry_after_s=PAUSE_S)
            self._now.add(issue)
        try:
            yield
        finally:
            with self._lock:
                self._now.discard(issue)


def label_of(message: Message) -> str:
    """Return `tocsin-` and the incident's key, without what no label may hold."""
    return label(f"tocsin-{message.incident_key.removeprefix('tocsin-') or message.incident or message.key}")


def label(text: str) -> str:
    """Return text as a label: without spaces; one that is too long keeps its digest."""
    clean = _NOT_IN_A_LABEL.sub("-", text)
    return clean if len(clean) <= LONGEST_LABEL else f"tocsin-{hashlib.sha256(text.encode()).hexdigest()}"


def mark_of(message: Message) -> str:
    """Return a short word that only this message carries."""
    return f"tocsin:{hashlib.sha256(message.key.encode('utf-8', 'replace')).hexdigest()[:16]}"


def named(choice: str) -> dict[str, str]:
    """Return how Jira wants a choice: by id if it is a number, else by name."""
    return {"id": choice} if choice.isdecimal() else {"name": one_line(choice, limit=LONGEST_LABEL)}
