"""A service that actions change over HTTP, with a journal of all calls and traps for who calls.

It keeps things that are open or shut, marks that are set, and drains. Only a drain knows the key of a call
that comes again; a mark is added once more by each call, so that a doubled effect shows.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACTIONS = """\
http:
- name: gate.shut
  title: Shut a thing
  class: contain
  target: gate
  arguments: {name: {summary: Name of the thing.}}
  request: {method: PUT, path: '/things/{name}', body: {state: shut}}
  look: {method: GET, path: '/things/{name}'}
  done: {state: shut}
  repeat: {by: same-value, rule: What is shut stays shut., header: Idempotency-Key}
  undo:
    does: Sets the state that the thing had.
    keeps: [state]
    method: PUT
    path: '/things/{name}'
    body: {state: '{kept.state}'}
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: things, per_run: 10, per_hour: 1000}
  rights: [{name: change, why: to set the state}]
- name: gate.mark
  title: Mark a thing
  class: eradicate
  target: gate
  arguments: {name: {summary: Name of the thing.}}
  request: {method: POST, path: '/marks/{name}', body: {}}
  look: {method: GET, path: '/marks/{name}'}
  done: {state: set}
  repeat: {by: look-up, rule: The mark is looked for first., header: Idempotency-Key}
  no_undo: A mark stays.
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: things, per_run: 10, per_hour: 1000}
  rights: [{name: change, why: to add the mark}]
- name: gate.drain
  title: Drain a thing
  class: contain
  target: gate
  arguments: {name: {summary: Name of the thing.}}
  request: {method: POST, path: '/drains/{name}', body: {}}
  look: {method: GET, path: '/drains/{name}'}
  done: {state: set}
  repeat: {by: partner-key, rule: The service knows our key., header: Idempotency-Key}
  no_undo: What has run out is gone.
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: things, per_run: 10, per_hour: 1000}
  rights: [{name: change, why: to drain}]
"""
CHANGES = ("PUT", "POST")
LOOK, PERFORM, SETTLE, VERIFY, REVERT = "look", "perform", "settle", "verify", "revert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call as it came: `applied` says whether it changed anything, `node` which process made it."""

    at: datetime
    node: int
    method: str
    path: str
    key: str
    applied: bool

    @property
    def changes(self) -> bool:
        return self.method in CHANGES


@dataclass
class Guarded:
    """The state, the journal, and a trap.

    The trap is told of each moment, with the process that calls, and may kill that process there and then.
    The service itself goes on as a real one would: it has the request already.
    """

    url: str = ""
    journal: list[Called] = field(default_factory=list)
    things: dict[str, str] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    trap: Callable[[str, int], None] = lambda moment, node: None
    answers_after_s: float = 0.0
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """Begin anew."""
        for kept in (self.journal, self.things, self.added, self.keys):
            kept.clear()

    def changing(self) -> tuple[Called, ...]:
        return tuple(call for call in tuple(self.journal) if call.changes)

    def take(self, method: str, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call to `/n<node>/<kind>/<name>`; pages to people come here too, and are let pass."""
        if path.count("/") < 3:
            return {}
        at = datetime.now(UTC)
        _, place, kind, name = path.split("/")
        node, what = int(place.removeprefix("n")), f"{kind}/{name}"
        if method not in CHANGES:
            self.journal.append(Called(at=at, node=node, method=method, path=what, key=key, applied=False))
            self.trap(VERIFY if self._is_changed(what) else LOOK, node)
            return {"state": self._state(what)}
        is_back = body.get("state") == "open"
        self.trap(REVERT if is_back else PERFORM, node)
        with self._one_at_a_time:
            applied = self._apply(what, key, body)
            self.journal.append(Called(at=at, node=node, method=method, path=what, key=key, applied=applied))
        time.sleep(self.answers_after_s)
        self.trap(SETTLE, node)
        return {"state": self._state(what)}

    def _is_changed(self, what: str) -> bool:
        return self._state(what) in ("shut", "set")

    def _state(self, what: str) -> str:
        if what.startswith("things/"):
            return self.things.get(what, "open")
        return "set" if self.added[what] else "none"

    def _apply(self, what: str, key: str, body: dict[str, Any]) -> bool:
        if what.startswith("things/"):
            changed = self._state(what) != body["state"]
            self.things[what] = body["state"]
            return changed
        if what.startswith("drains/") and key in self.keys:
            return False
        self.keys.add(key)
        self.added[what] += 1
        return True


@contextmanager
def guarded_service() -> Iterator[Guarded]:
    """Run the service on this machine."""
    guarded = Guarded()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            key = self.headers.get("Idempotency-Key") or ""
            answer = json.dumps(guarded.take(self.command, self.path, key, body)).encode()
            # Who called may have been killed meanwhile.
            with suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_GET = do_PUT = do_POST = _answer  # noqa: N815 - named by the standard library

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Nothing is said of a connection whose caller was killed."""

    server = Quiet(("127.0.0.1", 0), Door)
    guarded.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield guarded
    finally:
        server.shutdown()
