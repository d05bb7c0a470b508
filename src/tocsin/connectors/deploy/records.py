"""Makes the calls of rollbacks on this machine: history, proofs, artifacts, compose, and the health check."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any

from tocsin.connectors.catalogue import load
from tocsin.connectors.deploy.compose import compose_up, image_in
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.whole_file import replace_whole
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained
from tocsin.domain.fence import check_hold
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.response.deployments import with_rollback
from tocsin.response.provenance import UNSIGNED
from tocsin.response.statements import Statement, StatementRefused, TrustedKey, opened, trusted_key

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_PROOFS = 50
LOOK_EVERY_S = 1.0
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_SIGSTORE = "tocsin.connectors.deploy.sigstore_bundles:opened_bundle"


@dataclass(frozen=True, slots=True)
class RecordsCaller:
    """Makes one call; `command` is what stands before the arguments of docker compose."""

    command: tuple[str, ...]
    clock: Clock
    outbound: Outbound = field(default_factory=Outbound)
    pause: Callable[[float], None] = time.sleep

    def call(self, call: Call) -> Any:
        """Do what a play asks for. Raises `CallFailed`."""
        does = _OPERATIONS.get(call.operation)
        if does is None:
            raise CallFailed(FailureKind.MISCONFIGURED, f"there is no operation {call.operation[:60]!r} here")
        if call.changes:
            check_hold()
        try:
            return does(self, call.parameters)
        except OSError as error:
            reason = f"a file cannot be used: {error.strerror or type(error).__name__}"
            raise CallFailed(FailureKind.MISCONFIGURED, reason) from error
        except Explained as refused:
            raise CallFailed(FailureKind.MISCONFIGURED, refused.happened[:500]) from refused

    def now(self, parameters: Mapping[str, Any]) -> str:
        """Return the time (ISO 8601)."""
        return self.clock.now().astimezone(UTC).isoformat()

    def history(self, parameters: Mapping[str, Any]) -> str:
        """Return the text of a service's history."""
        if not parameters["path"]:
            name = str(parameters["service"])[:60]
            raise CallFailed(
                FailureKind.MISCONFIGURED, f"no service {name!r} stands under `deploy` in actions.yml"
            )
        return _bytes_at(Path(parameters["path"])).decode("utf-8", "replace")

    def record(self, parameters: Mapping[str, Any]) -> None:
        """Write a rollback into the history, in one step; the same action is written once."""
        path = Path(parameters["path"])
        text = _bytes_at(path).decode("utf-8", "replace")
        if parameters["facts"]["action"] not in text:
            fresh = with_rollback(text, parameters["commit"], self.clock.now(), parameters["facts"])
            replace_whole(path, fresh.encode())

    def proofs(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what trusted signers state about a commit's build, and R1's unsigned stages as such.

        What nobody we trust signed is left out: it proves nothing.
        """
        commit = parameters["commit"]
        if not _COMMIT.fullmatch(commit):
            raise CallFailed(FailureKind.REFUSED, f"{commit[:50]!r} is no commit")
        folder = Path(parameters["folder"])
        found = [_as_written(each) for each in self._signed(folder / commit, parameters)]
        loose = folder / f"{commit}.json"
        if loose.is_file():
            found.append({"kind": UNSIGNED, "predicate": _json_in(_bytes_at(loose))})
        return found

    def _signed(self, folder: Path, parameters: Mapping[str, Any]) -> list[Statement]:
        open_one = self._opener(parameters)
        statements = []
        for path in sorted(folder.glob("*.json"))[:MAX_PROOFS]:
            try:
                statements.append(open_one(_bytes_at(path)))
            except StatementRefused:
                continue
        return statements

    def _opener(self, parameters: Mapping[str, Any]) -> Callable[[bytes], Statement]:
        if parameters["keys"]:
            keys: list[TrustedKey] = [trusted_key(_bytes_at(Path(each))) for each in parameters["keys"]]
            return lambda envelope: opened(envelope, keys)
        open_bundle = load(_SIGSTORE)
        return lambda bundle: open_bundle(bundle, parameters)

    def digest_of(self, parameters: Mapping[str, Any]) -> str:
        """Return the SHA-256 (hex) of a file, empty where there is none: that is a fault of one build."""
        found = sha256()
        try:
            with Path(parameters["path"]).open("rb") as file:
                while chunk := file.read(1 << 20):
                    found.update(chunk)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ""
        return found.hexdigest()

    def compose_image(self, parameters: Mapping[str, Any]) -> str:
        """Return which image we told compose to run, empty where we never did."""
        return image_in(Path(parameters["file"]), parameters["service"])

    def compose(self, parameters: Mapping[str, Any]) -> None:
        """Let docker compose run a service with an image."""
        compose_up(self.command, Path(parameters["file"]), parameters["service"], parameters["image"])

    def is_healthy(self, parameters: Mapping[str, Any]) -> bool:
        """Look until the service answers as it should, or its time is over."""
        for left in range(int(parameters["within_s"]), -1, -1):
            if self._answers_well(parameters["url"], parameters["expect"]):
                return True
            if left:
                self.pause(LOOK_EVERY_S)
        return False

    def _answers_well(self, url: str, expect: Mapping[str, str]) -> bool:
        try:
            answer = self.outbound.request("GET", url, headers={"Accept": "application/json"})
        except DeliveryFailed:
            return False
        told = _json_in(answer.body)
        if not 200 <= answer.status < 300 or (expect and not isinstance(told, dict)):
            return False
        return all(_word(told.get(name)) == value for name, value in expect.items())


def make(values: Mapping[str, str], clock: Clock) -> RecordsCaller:
    """Return the caller. Nothing is read yet."""
    return RecordsCaller(tuple(shlex.split(values["TOCSIN_COMPOSE_COMMAND"])), clock)


def _as_written(statement: Statement) -> dict[str, Any]:
    return {
        "kind": statement.kind,
        "subjects": sorted(statement.subjects),
        "predicate": dict(statement.predicate),
        "signer": statement.signer,
    }


def _bytes_at(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise CallFailed(FailureKind.MISCONFIGURED, f"{path.name} is longer than {MAX_FILE_BYTES} bytes")
    return content


def _word(value: object) -> str:
    """Return a JSON value as a file of YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_in(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


_OPERATIONS: Mapping[str, Callable[[RecordsCaller, Mapping[str, Any]], Any]] = {
    "Now": RecordsCaller.now,
    "ReadHistory": RecordsCaller.history,
    "RecordRollback": RecordsCaller.record,
    "ReadProofs": RecordsCaller.proofs,
    "DigestOf": RecordsCaller.digest_of,
    "ReadCompose": RecordsCaller.compose_image,
    "ComposeUp": RecordsCaller.compose,
    "CheckHealth": RecordsCaller.is_healthy,
}
