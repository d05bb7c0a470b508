"""What a rollback reads and writes on this machine, and what is refused."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from shop import NOW

from builds import GATES, OURS, commit, deployed, digest_of, history, pem_of, results, signed
from tocsin.connectors.deploy import records
from tocsin.connectors.deploy.records import RecordsCaller, make
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.ports.delivery import FailureKind


@pytest.fixture
def caller():
    return RecordsCaller(("docker", "compose"), PushedClock(NOW), pause=lambda seconds: None)


def asked(caller, operation, *, changes=False, **parameters):
    return caller.call(Call(service="deploy", operation=operation, parameters=parameters, changes=changes))


def proofs(caller, tmp_path, **more):
    (tmp_path / "release.pub").write_bytes(pem_of(OURS))
    return asked(
        caller,
        "ReadProofs",
        **{"folder": str(tmp_path), "commit": commit(1), "keys": [str(tmp_path / "release.pub")], **more},
    )


def test_it_is_made_from_its_setting():
    assert make({"TOCSIN_COMPOSE_COMMAND": "docker compose"}, PushedClock(NOW)).command == (
        "docker",
        "compose",
    )


def test_what_nobody_signed_is_left_out_and_unsigned_stages_are_marked(caller, tmp_path):
    folder = tmp_path / commit(1)
    folder.mkdir()
    (folder / "good.json").write_bytes(signed(results(digest_of(b"x"), GATES)))
    (folder / "bad.json").write_bytes(b"{")
    (tmp_path / f"{commit(1)}.json").write_text("not json")
    good, loose = proofs(caller, tmp_path)
    assert good["subjects"] == [digest_of(b"x")]
    assert loose == {"kind": "unsigned stages", "predicate": None}


def test_a_commit_that_is_none_leads_to_no_path(caller, tmp_path):
    with pytest.raises(CallFailed, match="is no commit"):
        proofs(caller, tmp_path, commit="../../etc/passwd")


def test_a_key_that_is_none_is_a_wrong_setting(caller, tmp_path):
    (tmp_path / "none.pub").write_text("none")
    with pytest.raises(CallFailed, match="no Ed25519 or P-256") as failed:
        proofs(caller, tmp_path, keys=[str(tmp_path / "none.pub")])
    assert failed.value.kind is FailureKind.MISCONFIGURED


def test_a_missing_or_endless_file_is_a_wrong_setting(caller, tmp_path, monkeypatch):
    with pytest.raises(CallFailed, match="No such file"):
        asked(caller, "ReadHistory", path=str(tmp_path / "none"), service="shop")
    monkeypatch.setattr(records, "MAX_FILE_BYTES", 3)
    (tmp_path / "long").write_bytes(b"long")
    with pytest.raises(CallFailed, match="longer than 3 bytes"):
        asked(caller, "ReadHistory", path=str(tmp_path / "long"), service="shop")


def test_a_rollback_is_written_once_for_an_action(caller, tmp_path):
    path = tmp_path / "history.json"
    path.write_text(history(deployed(1, 0)))
    for _ in range(2):
        asked(
            caller,
            "RecordRollback",
            changes=True,
            path=str(path),
            commit=commit(1),
            facts={"action": "act-1"},
        )
    assert len(json.loads(path.read_text())["rollbacks"]) == 1


def test_who_lost_the_hold_changes_nothing(caller, tmp_path):
    path = tmp_path / "history.json"
    path.write_text(history(deployed(1, 0)))
    with fenced(lambda: False), pytest.raises(HoldLost):
        asked(
            caller,
            "RecordRollback",
            changes=True,
            path=str(path),
            commit=commit(1),
            facts={"action": "act-1"},
        )
    assert json.loads(path.read_text())["rollbacks"] == []


def test_an_unknown_operation_is_refused(caller):
    with pytest.raises(CallFailed, match="no operation"):
        asked(caller, "Format")


def test_health_is_looked_at_until_it_is_good_or_the_time_is_over(caller):
    answers = [
        (503, b""),
        (200, b"[]"),
        (200, b'{"status": "starting"}'),
        (200, b'{"status": "ok", "ready": true}'),
    ]

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/health"
        expect = {"status": "ok", "ready": "true"}
        assert asked(caller, "CheckHealth", url=url, expect=expect, within_s=5) is True
        server.shutdown()
    assert answers == []
    assert asked(caller, "CheckHealth", url="http://127.0.0.1:1/", expect={}, within_s=1) is False
