from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.connectors.evidence_local.collectors import COLLECTORS
from tocsin.connectors.evidence_local.files import SETS
from tocsin.connectors.evidence_local.files import caller as file_caller
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

BY_NAME = {each.name: each for each in COLLECTORS}
GIVEN = {"incident": "INC-1", "of": (), "path": "/var/log/app.log", "name": "status"}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_rehearsal_of_a_collector_changes_nothing_and_gives_something(name: str) -> None:
    rehearsal = rehearse(BY_NAME[name].gather(GIVEN))
    assert rehearsal.calls
    assert not any(call.changes for call in rehearsal.calls)
    assert all(each.content.read() for each in rehearsal.given)


class Answers:
    """Answers by the service called, our own by what is asked of it."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.asked: list[Call] = []

    def call(self, call: Call) -> object:
        self.asked.append(call)
        answer = self.answers[call.service.partition(".")[2] or call.operation.replace(".", "_")]
        if isinstance(answer, Exception):
            raise answer
        return answer


def gathered(name: str, who, **given: object):
    return drive(BY_NAME[name].gather({**GIVEN, **given}), lambda service: who)


def exchange(status: int = 200, *, is_cut: bool = False) -> dict[str, object]:
    headers = {"content-type": "application/json"}
    url = "https://idp.example/audit/verify"
    told = {"url": url, "status": status, "headers": headers, "body": b"{}", "is_cut": is_cut}
    return {**told, "at": "now"}


@pytest.mark.parametrize(
    ("answer", "gap"),
    [
        (exchange(), ""),
        (exchange(409), "it was answered with status 409"),
        (exchange(is_cut=True), "the answer is longer than what is kept of one"),
    ],
)
def test_a_capture_keeps_body_and_exchange_and_says_what_it_lacks(answer, gap: str) -> None:
    body, told = gathered("audit-verify", Answers(http=answer))
    assert (body.content.read(), body.media_type, body.gap) == (b"{}", "application/json", gap)
    assert json.loads(told.content.read())["status"] == answer["status"]
    assert "body" not in json.loads(rehearse(BY_NAME["audit-verify"].gather(GIVEN)).given[1].content.read())


def test_the_capture_that_is_asked_for_is_read() -> None:
    who = Answers(http=exchange())
    gathered("http.capture", who)
    assert who.asked[0].parameters == {"name": "status"}


def test_vaults_log_comes_from_files_or_else_from_the_capture_of_its_name() -> None:
    unset = CallFailed(FailureKind.MISCONFIGURED, "TOCSIN_EVIDENCE_VAULT_LOG names no file")
    who = Answers(files=unset, http=exchange())
    assert gathered("vault.audit_log", who)[0].name == "vault.audit_log-body"
    with pytest.raises(CallFailed, match="EIO"):
        gathered("vault.audit_log", Answers(files=CallFailed(FailureKind.REFUSED, "EIO"), http=exchange()))


def test_one_file_that_cannot_be_read_is_a_gap_beside_the_others(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(b"x")
    values = {**dict.fromkeys(SETS.values(), ""), "TOCSIN_EVIDENCE_FILES": str(tmp_path)}
    real = file_caller(values, PushedClock(NOON))

    class Rotated:
        def call(self, call: Call) -> object:
            if call.operation == "open" and str(call.parameters["path"]).endswith("a.log"):
                (tmp_path / "a.log").unlink()
            return real.call(call)

    gone, kept = gathered("files", Rotated(), path=str(tmp_path))
    assert "No such file" in gone.gap
    assert (kept.content.read(), kept.gap, kept.of) == (b"x", "", str(tmp_path / "b.log"))


def test_signals_are_asked_for_by_the_objects_that_were_named() -> None:
    who = Answers(lake_signals=io.BytesIO(b"{}\n"))
    gathered("signals.export", who, of=("10.0.0.7",))
    assert who.asked[0].parameters == {"incident": "INC-1", "entities": ("10.0.0.7",)}
