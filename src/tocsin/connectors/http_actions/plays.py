"""The plays of an HTTP action that is written in a file: its request, its look, its undo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.each import named_in
from tocsin.connectors.filling import filled, looked_up
from tocsin.connectors.rest import is_absent
from tocsin.domain.acting import Arguments, Call, CallFailed, Kept, Outcome, Play, Seen
from tocsin.domain.action import Repeat

ABSENT = "absent"
"""Instead of values to be found: the action is done when a look finds nothing (404)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it is written: places in path, query and body are filled with arguments."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Any
    success: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One configured action. `done` holds what a look must find, by dotted paths, or is `ABSENT`.

    `keeps` are the dotted paths that are read before, for the undo; `key_header` carries our key.
    """

    target: str
    request: Request
    secret: tuple[str, ...]
    repeat: Repeat | None = None
    key_header: str = ""
    look: Request | None = None
    done: Any = None
    keeps: tuple[str, ...] = ()
    undo_request: Request | None = None
    counted: str = ""

    def objects(self, arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
        """Name what is touched: the arguments that stand in the path, and the one that is counted."""
        names = {*re.findall(r"\{([a-z_]+)\}", self.request.path), self.counted}
        return {name: named_in(arguments, name) for name in sorted(names & set(arguments))}
        yield  # It is a play, though an empty one.

    def before(self, arguments: Arguments) -> Play[Kept]:
        """Read what the undo needs."""
        if self.look is None or not self.keeps:
            return {}
        answer = yield self._call(self.look, arguments)
        return {path: looked_up(answer, path) for path in self.keeps}

    def read(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Read, and give what was answered."""
        answer = yield self._call(self.request, arguments)
        found = answer if isinstance(answer, dict) else {"rows": answer}
        return Outcome(text=f"{self.target} answered", output=found)

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Send the request, after a look where only that tells a repeat."""
        if self.repeat is Repeat.LOOK_UP and (yield from self.verify(arguments, kept)):
            return Outcome(text=f"{self.target}: it was so already")
        yield self._call(self.request, arguments, kept, key, changes=True)
        return Outcome(text=f"{self.target} took it")

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Look; what carries our key may be sent again instead, the partner knows it."""
        if self.look is None:
            return Seen.NOT_DONE if self.key_header else Seen.CANNOT_TELL
        is_done = yield from self.verify(arguments, kept)
        return Seen.DONE if is_done else Seen.NOT_DONE

    def verify(self, arguments: Arguments, kept: Kept) -> Play[bool | None]:
        """Look whether it is as wanted; of what changes something nobody can tell without a look."""
        if self.look is None:
            return True if self.repeat is None else None
        try:
            answer = yield self._call(self.look, arguments)
        except CallFailed as failed:
            if self.done == ABSENT and is_absent(failed):
                return True
            raise
        if self.done == ABSENT:
            return False
        return all(looked_up(answer, path) == filled(wanted, arguments) for path, wanted in self.done.items())

    def undo(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Send the request that takes it back, with what was kept."""
        assert self.undo_request is not None
        yield self._call(self.undo_request, arguments, kept, key, changes=True)
        return Outcome(text=f"{self.target} took it back")

    def _call(
        self,
        request: Request,
        arguments: Arguments,
        kept: Kept | None = None,
        key: str = "",
        *,
        changes: bool = False,
    ) -> Call:
        values = {**arguments, "kept": _nested(kept or {}), "key": key}
        parameters: dict[str, Any] = {
            name: str(value) for name, value in arguments.items() if f"{{{name}}}" in request.path
        }
        if request.query:
            parameters["query"] = filled(request.query, values)
        if request.body is not None:
            parameters["body"] = filled(request.body, values)
        if request.success:
            parameters["success"] = list(request.success)
        if self.key_header and changes:
            parameters["headers"] = {self.key_header: key}
        # A secret may stand anywhere in the body, so then all of it is hidden.
        hidden = ("body", "query", *self.secret) if self.secret else ()
        return Call(
            service=f"http.{self.target}",
            operation=f"{request.method} {request.path}",
            parameters=parameters,
            changes=changes,
            sample={},
            secret=tuple(name for name in hidden if name in parameters),
        )


def _nested(kept: Kept) -> Mapping[str, Any]:
    """Return what was kept by dotted paths as the tree that places look into."""
    tree: dict[str, Any] = {}
    for path, value in kept.items():
        *above, last = path.split(".")
        branch = tree
        for name in above:
            branch = branch.setdefault(name, {})
        branch[last] = value
    return tree
