"""The only HTTP of the Jira connector: issues found by label, made, commented and moved."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

# https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/: pages and a cursor.
ISSUES_A_PAGE = 50
MOST_PAGES = 5
"""An incident has one issue; a search that goes on for longer than this finds something else."""
LONGEST_ANSWER_BYTES = 2_097_152

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """An issue that a search found; `is_done` by the category of its status."""

    key: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """Issues of one Jira. `api` is the address of its REST API with the version at the end.

    From version 3 on, texts are documents. `is_cloud` chooses Cloud's search, which has a cursor.
    """

    api: str
    authorization: Secret
    is_cloud: bool
    secrets: tuple[Secret, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    @property
    def takes_documents(self) -> bool:
        """Say whether texts are documents."""
        return self.api.rstrip("/").endswith("/3")

    def find(self, project: str, labels: Sequence[str], condition: str = "") -> Found | None:
        """Return the newest issue with one of the labels, if any. `condition` is more JQL, joined by AND.

        Raises `DeliveryFailed`. Cloud may answer an empty page and a cursor to the next one.
        """
        wanted = ", ".join(map(quoted, labels))
        more = f" AND ({condition})" if condition else ""
        jql = f"project = {quoted(project)} AND labels in ({wanted}){more} ORDER BY created DESC"
        asked: dict[str, Any] = {"jql": jql, "fields": ["status"], "maxResults": ISSUES_A_PAGE}
        for _ in range(MOST_PAGES):
            found = self._json("POST", "search/jql" if self.is_cloud else "search", asked)
            issues, cursor = found.get("issues"), found.get("nextPageToken")
            if not isinstance(issues, list):
                raise self._odd("a search without issues")
            if issues:
                return Found(self._key(issues[0]), _is_done(issues[0]))
            if not isinstance(cursor, str) or not cursor:
                break
            asked["nextPageToken"] = cursor
        return None

    def create(self, fields: Json) -> str:
        """Make an issue and return its key. Raises `DeliveryFailed`."""
        return self._key(self._json("POST", "issue", {"fields": fields}, success=201))

    def change(self, key: str, fields: Json) -> None:
        """Set fields of an issue. Raises `DeliveryFailed`."""
        self._checked(self._ask("PUT", f"issue/{key}", {"fields": fields}), 204)

    def comment(self, key: str, body: object) -> None:
        """Add a comment, a document or a text as the API wants it. Raises `DeliveryFailed`."""
        self._json("POST", f"issue/{key}/comment", {"body": body}, success=201)

    def holds(self, key: str, mark: str) -> bool:
        """Say whether the issue's description or a comment holds this word. Raises `DeliveryFailed`."""
        answer = self._ask("GET", f"issue/{key}?fields=description,comment")
        self._checked(answer, 200)
        return mark.encode("utf-8") in answer.body

    def move(self, key: str, transition: str) -> bool:
        """Make a transition, named by id or by name; False if the issue's state does not offer it.

        Raises `DeliveryFailed`.
        """
        offered = self._json("GET", f"issue/{key}/transitions").get("transitions")
        if not isinstance(offered, list):
            raise self._odd("transitions that are no list")
        for one in offered:
            if isinstance(one, dict) and transition.casefold() in (
                str(one.get("id")),
                str(one.get("name")).casefold(),
            ):
                answer = self._ask(
                    "POST", f"issue/{key}/transitions", {"transition": {"id": str(one.get("id"))}}
                )
                self._checked(answer, 204)
                return True
        return False

    def _json(self, method: str, path: str, body: object = None, *, success: int = 200) -> Json:
        answer = self._ask(method, path, body)
        self._checked(answer, success)
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict):
            raise self._odd("what is not its JSON", answer.status)
        return told

    def _ask(self, method: str, path: str, body: object = None) -> Answer:
        headers = {**self.headers, "Accept": "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization.reveal()
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = b"" if body is None else orjson.dumps(body)
        url = f"{self.api.rstrip('/')}/{path}"
        return self.outbound.request(method, url, content=content, headers=headers)

    def _checked(self, answer: Answer, success: int) -> None:
        if answer.status == success:
            return
        if 200 <= answer.status < 300:
            raise self._odd(f"{answer.status} where {success} means success", answer.status)
        raise failure_of(answer, "Jira", *self.secrets, self.authorization)

    def _key(self, issue: object) -> str:
        key = issue.get("key") if isinstance(issue, dict) else None
        if not isinstance(key, str) or not key.replace("-", "").replace("_", "").isalnum():
            raise self._odd("an issue without a key")
        return one_line(hidden_in(key, *self.secrets), limit=80)

    def _odd(self, what: str, status: int = 200) -> DeliveryFailed:
        return DeliveryFailed(FailureKind.UNKNOWN, f"Jira answered {what}", status=status)


def issues_of(url: str, token: Secret, user: str = "", outbound: Outbound | None = None) -> Issues:
    """Return a Jira's issues: with a `user` (mail address) Cloud, v3, Basic; else Data Center, v2, PAT."""
    basic = Secret(base64.b64encode(f"{user}:{token.reveal()}".encode()).decode("ascii"))
    return Issues(
        api=f"{url.rstrip('/')}/rest/api/{3 if user else 2}",
        authorization=Secret(f"Basic {basic.reveal()}" if user else f"Bearer {token.reveal()}"),
        is_cloud=bool(user),
        secrets=(token, basic),
        outbound=outbound or Outbound(longest_answer=LONGEST_ANSWER_BYTES),
    )


def _is_done(issue: Any) -> bool:
    """Read the status' category, which is the same on every site, whatever the status is called."""
    fields = issue.get("fields") if isinstance(issue, dict) else None
    status = fields.get("status") if isinstance(fields, dict) else None
    category = status.get("statusCategory") if isinstance(status, dict) else None
    return isinstance(category, dict) and category.get("key") == "done"


def quoted(text: str) -> str:
    """Return text as JQL takes it for a value."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
