"""What runbooks do in Jira: make an issue, add a comment; a label and a mark tell what is there already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.acts import telling, text
from tocsin.connectors.jira.document import escaped, plain_document
from tocsin.connectors.jira.issues import Issues, issues_of
from tocsin.connectors.once import LeftOnce
from tocsin.connectors.plain import one_line
from tocsin.connectors.rest import call_failed, kind_for
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Arguments, Call, Caller, CallFailed, Kept, Outcome, Performer, Play
from tocsin.domain.action import BlastRadius, Right
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import DeliveryFailed

LONGEST_SUMMARY = 255


@dataclass(frozen=True, slots=True)
class JiraCaller:
    """Does one thing a call: `find issue`, `create issue`, `find mark`, `add comment`.

    Texts become documents where the API wants documents (version 3).
    """

    issues: Issues

    def call(self, call: Call) -> Any:
        """Do one thing. Raises `CallFailed`."""
        try:
            return self._done(call.operation, call.parameters)
        except DeliveryFailed as failed:
            if failed.status is None or 200 <= failed.status < 300:
                raise call_failed(failed, changes=call.changes) from None
            kind = kind_for(failed.status, changes=call.changes)
            raise CallFailed(kind, failed.reason, status=failed.status) from None

    def _done(self, operation: str, told: Mapping[str, Any]) -> Any:
        if operation == "find issue":
            found = self.issues.find(told["project"], (told["label"],))
            return {"key": found.key} if found else {}
        if operation == "create issue":
            fields = {**told["fields"], "description": self._written(told["fields"]["description"])}
            return {"key": self.issues.create(fields)}
        if operation == "find mark":
            return {"found": self.issues.holds(told["issue"], told["mark"])}
        self.issues.comment(told["issue"], self._written(told["body"]))
        return {}

    def _written(self, words: str) -> Any:
        return plain_document(words) if self.issues.takes_documents else escaped(words)


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of Jira. Raises `Misconfigured` while a setting is missing."""
    if not values["TOCSIN_JIRA_URL"] or not values["TOCSIN_JIRA_TOKEN"]:
        raise Misconfigured(
            "Jira is not set up: TOCSIN_JIRA_URL or TOCSIN_JIRA_TOKEN is empty.",
            means="The action was not begun, and nothing was changed.",
            next_step="Set both; docs/settings.md says where to get the token.",
        )
    token = Secret(values["TOCSIN_JIRA_TOKEN"])
    return JiraCaller(issues_of(values["TOCSIN_JIRA_URL"], token, values["TOCSIN_JIRA_USER"]))


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def _label(arguments: Arguments) -> str:
    """Return the label by which an issue is found; the same issue of the same incident has the same one."""
    incident = str(arguments.get("incident_key", ""))
    return f"tocsin-{_digest(incident, str(arguments['project']), str(arguments['summary']))}"


def _found_issue(arguments: Arguments, key: str) -> Play[Any]:
    found = yield Call(
        service="jira",
        operation="find issue",
        parameters={"project": arguments["project"], "label": _label(arguments)},
        sample={},
    )
    return found if found.get("key") else None


def _create(arguments: Arguments, key: str) -> Call:
    fields = {
        "project": {"key": arguments["project"]},
        "summary": one_line(str(arguments["summary"]), limit=LONGEST_SUMMARY),
        "issuetype": {"name": arguments.get("type", "Task")},
        "labels": ["tocsin", _label(arguments)],
        "description": arguments["text"],
    }
    return Call(
        service="jira",
        operation="create issue",
        parameters={"fields": fields},
        changes=True,
        sample={"key": f"{arguments['project']}-1"},
    )


def _is_created(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _found_issue(arguments, "")) is not None


def _mark(arguments: Arguments) -> str:
    return f"tocsin-{_digest(str(arguments['issue']), str(arguments['body']))}"


def _found_comment(arguments: Arguments, key: str) -> Play[Any]:
    found = yield Call(
        service="jira",
        operation="find mark",
        parameters={"issue": arguments["issue"], "mark": _mark(arguments)},
        sample={"found": False},
    )
    return found if found["found"] else None


def _comment(arguments: Arguments, key: str) -> Call:
    body = f"{arguments['body']}\n{_mark(arguments)}"
    return Call(
        service="jira",
        operation="add comment",
        parameters={"issue": arguments["issue"], "body": body},
        changes=True,
        sample={},
    )


def _is_commented(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _found_comment(arguments, "")) is not None


_CREATING = LeftOnce(
    found=_found_issue,
    left=_create,
    told=lambda answer: Outcome(text=f"issue {answer['key']}", output={"key": answer["key"]}),
)
_COMMENTING = LeftOnce(found=_found_comment, left=_comment, told=lambda answer: Outcome(text="commented"))

CREATE = Performer(
    declaration=telling(
        "jira.create",
        "Make an issue in Jira",
        text("project", "Key of the project."),
        text("summary", "One line."),
        text("text", "What the issue says."),
        text("type", "Type of the issue; empty: Task.", required=False),
        text("incident_key", "What names the incident to partners.", required=False),
        rule="A label made of incident, project and summary is looked for first.",
        no_undo="An issue is not deleted; close it in Jira.",
        blast=BlastRadius(unit="issues", per_run=1, per_hour=30),
        rights=(
            Right(name="Browse projects", why="to find the issue that is there already"),
            Right(name="Create issues", why="to make it"),
        ),
    ),
    perform=_CREATING.perform,
    seen=_CREATING.seen,
    verify=_is_created,
)
COMMENT = Performer(
    declaration=telling(
        "jira.comment",
        "Comment an issue in Jira",
        text("body", "What the comment says."),
        text("issue", "Key of the issue, such as OPS-7."),
        rule="A mark made of issue and text ends the comment, and is looked for first.",
        no_undo="People may have read it; it can be deleted in Jira.",
        rights=(
            Right(name="Browse projects", why="to see the comments there are"),
            Right(name="Add comments", why="to add it"),
        ),
    ),
    perform=_COMMENTING.perform,
    seen=_COMMENTING.seen,
    verify=_is_commented,
)
PERFORMERS = (CREATE, COMMENT)
