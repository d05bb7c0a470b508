"""A Jira that keeps its rules for issues: Cloud with API v3 and documents, Data Center with v2 and texts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from http_partner import HttpPartner, Received, Reply

TYPES = {"10001": "Task", "10002": "Bug"}
PRIORITIES = {"1": "Highest", "2": "High", "3": "Medium"}
TRANSITIONS = {"To Do": {"21": ("Start", "In Progress"), "31": ("Done", "Done")}}
TRANSITIONS["In Progress"] = {"31": ("Done", "Done")}
TRANSITIONS["Done"] = {"41": ("Reopen", "To Do")}
LONGEST_TEXT = 32_767


@dataclass
class FakeJira(HttpPartner):
    """It knows one project. `user` empty makes it Data Center. `empty_pages` come before what is found.

    `hidden` issues are not in the search's index yet. `lose_answers` does what is asked and does not say so.
    """

    user: str = "ada@tocsin.example"
    token: str = "a-very-secret-jira-token"
    project: str = "OPS"
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, list[Any]] = field(default_factory=dict)
    empty_pages: int = 0
    hidden: set[str] = field(default_factory=set)
    lose_answers: bool = False

    def __post_init__(self) -> None:
        self.reply = self.answer

    @property
    def version(self) -> str:
        return "3" if self.user else "2"

    def answer(self, got: Received) -> Reply:
        parts = urlsplit(got.path)
        if parts.path == "/rest/api/2/serverInfo" or parts.path.endswith("/serverInfo"):
            told = {"versionNumbers": [1001, 0, 0] if self.user else [9, 12, 0], "deploymentType": "Cloud"}
            return as_json(200, told)
        if got.headers.get("authorization") != self.authorization():
            return (
                401,
                {"Content-Type": "text/plain"},
                b"Client must be authenticated to access this resource.",
            )
        body = json.loads(got.body) if got.body else {}
        if "queryString" not in body and parts.query:
            body = dict(parse_qsl(parts.query)) | body
        reply = self.routed(got.method, parts.path.removeprefix(f"/rest/api/{self.version}/"), body)
        if self.lose_answers and got.method == "POST" and "search" not in got.path:
            return 503, {}, b"upstream connect error"
        return reply

    def authorization(self) -> str:
        if not self.user:
            return f"Bearer {self.token}"
        return "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()

    def routed(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        if path in ("search", "search/jql"):
            return self.searched(path, body)
        if (method, path) == ("POST", "issue"):
            return self.made(body)
        found = re.fullmatch(r"issue/([^/]+)(?:/(comment|transitions))?", path)
        if not found or found[1] not in self.issues:
            return refused(404, "Issue does not exist or you do not have permission to see it.")
        key, part = found[1], found[2]
        if part is None and method == "PUT":
            return self.changed(key, body)
        if part is None:
            return as_json(200, self.shown(key))
        if part == "comment":
            return self.commented(key, body)
        return self.moved(method, key, body)

    def searched(self, path: str, body: dict[str, Any]) -> Reply:
        if self.user and path == "search":
            return refused(410, "The requested API has been removed. Use /rest/api/3/search/jql.")
        if self.user and not body.get("fields"):
            return as_json(200, {"issues": [{"id": "1"}], "isLast": True})
        page = int(body.get("nextPageToken", "0"))
        if page < self.empty_pages:
            return as_json(200, {"issues": [], "nextPageToken": str(page + 1), "isLast": False})
        found = [self.shown(key) for key in self.matching(body["jql"])]
        return as_json(200, {"issues": found[::-1], "isLast": True, "total": len(found), "startAt": 0})

    def matching(self, jql: str) -> Iterator[str]:
        """Understands `project = "X" AND labels in ("a", "b")`, and the condition on what is still open."""
        project = re.search(r'project = "([^"]+)"', jql)
        labels = re.search(r'labels (?:in \(([^)]+)\)|= ("[^"]+"))', jql)
        assert project, jql
        assert labels, jql
        wanted = set(re.findall(r'"((?:[^"\\]|\\.)*)"', labels[1] or labels[2]))
        for key, issue in self.issues.items():
            is_open = issue["status"]["name"] != "Done" or "statusCategory != Done" not in jql
            is_here = key.startswith(f"{project[1]}-") and key not in self.hidden
            if is_open and is_here and wanted & set(issue["labels"]):
                yield key

    def made(self, body: dict[str, Any]) -> Reply:
        fields = body.get("fields", {})
        errors = self.errors_in(fields)
        if errors:
            return as_json(400, {"errorMessages": [], "errors": errors})
        key = f"{self.project}-{len(self.issues) + 1}"
        kept = {"labels": [], "comment": {}, "resolution": None} | fields | {"status": {"name": "To Do"}}
        self.issues[key] = kept
        self.comments[key] = []
        return as_json(201, {"id": str(10_000 + len(self.issues)), "key": key, "self": f"{self.url}{key}"})

    def errors_in(self, fields: dict[str, Any]) -> dict[str, str]:
        errors = {}
        if fields.get("project", {}).get("key") != self.project:
            errors["project"] = "valid project is required"
        summary = fields.get("summary") or ""
        if not summary.strip() or "\n" in summary or len(summary) > 255:
            errors["summary"] = "You must specify one line of at most 255 characters."
        if not is_known(fields.get("issuetype"), TYPES):
            errors["issuetype"] = "The issue type selected is invalid."
        if "priority" in fields and not is_known(fields["priority"], PRIORITIES):
            errors["priority"] = "The priority selected is invalid."
        if any(" " in label or len(label) > 255 for label in fields.get("labels", ())):
            errors["labels"] = "The label contains spaces which is invalid."
        if fields.get("description") is not None and not self.is_text(fields["description"]):
            errors["description"] = "Operation value must be an Atlassian Document (see the docs)."
        return errors

    def is_text(self, written: Any) -> bool:
        if self.user:
            return is_document(written) and len(json.dumps(written)) <= 4 * LONGEST_TEXT
        return isinstance(written, str) and len(written) <= LONGEST_TEXT

    def changed(self, key: str, body: dict[str, Any]) -> Reply:
        errors = self.errors_in(self.issues[key] | body.get("fields", {}))
        if errors:
            return as_json(400, {"errorMessages": [], "errors": errors})
        self.issues[key] |= body["fields"]
        return 204, {}, b""

    def shown(self, key: str) -> dict[str, Any]:
        comments = [{"body": body} for body in self.comments[key]]
        name = self.issues[key]["status"]["name"]
        status = {"name": name, "statusCategory": {"key": "done" if name == "Done" else "new"}}
        fields = self.issues[key] | {"comment": {"comments": comments}, "status": status}
        return {"id": "1", "key": key, "self": f"{self.url}rest/api/3/issue/{key}", "fields": fields}

    def commented(self, key: str, body: dict[str, Any]) -> Reply:
        if not body.get("body") or not self.is_text(body["body"]):
            return as_json(400, {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}})
        self.comments[key].append(body["body"])
        return as_json(201, {"id": str(len(self.comments[key])), "body": body["body"]})

    def moved(self, method: str, key: str, body: dict[str, Any]) -> Reply:
        offered = TRANSITIONS[self.issues[key]["status"]["name"]]
        if method == "GET":
            return as_json(200, {"transitions": [{"id": one, "name": offered[one][0]} for one in offered]})
        wanted = str(body.get("transition", {}).get("id"))
        if wanted not in offered:
            return refused(400, f"It seems that you have tried to perform an illegal operation {wanted}.")
        self.issues[key]["status"] = {"name": offered[wanted][1]}
        return 204, {}, b""


def is_known(choice: Any, known: dict[str, str]) -> bool:
    if not isinstance(choice, dict):
        return False
    return choice.get("id") in known or choice.get("name") in known.values()


def is_document(written: Any) -> bool:
    """Say whether it is a document of paragraphs with texts that are not empty."""
    if not isinstance(written, dict) or written.get("type") != "doc" or written.get("version") != 1:
        return False
    paragraphs = written.get("content")
    return isinstance(paragraphs, list) and all(
        part.get("type") == "paragraph" and all(is_text_node(node) for node in part.get("content", ()))
        for part in paragraphs
    )


def is_text_node(node: Any) -> bool:
    marks = node.get("marks", ())
    return (
        node.get("type") == "text"
        and isinstance(node.get("text"), str)
        and node["text"] != ""
        and all(mark.get("type") in ("strong", "code", "em", "link") for mark in marks)
        and all(mark["attrs"]["href"] for mark in marks if mark["type"] == "link")
    )


def refused(status: int, words: str) -> Reply:
    return as_json(status, {"errorMessages": [words], "errors": {}})


def as_json(status: int, told: Any) -> Reply:
    return status, {"Content-Type": "application/json;charset=UTF-8"}, json.dumps(told).encode()
