"""Malformed, wrongly typed and hostile bodies get a clear answer, and the good beside them is kept."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from served import Served, prepared
from tocsin.domain.person import Role

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 200_000
HALF_A_GZIP = gzip.compress(b'{"eventName": "ConsoleLogin"}\n' * 10_000)[:-20]
BAD_ALERTS = {
    "cut off in the middle": (b'[{"labels":', 400, "unexpected end"),
    "nothing at all": (b"", 400, "not JSON"),
    "bytes that are no text": (b"\xff\xfe\x00", 400, "not JSON"),
    "an object instead of a list": (b'{"labels": {"alertname": "A"}}', 400, "not an array"),
    "nested without end": (DEEP, 400, "depth limit"),
    "a label nested without end": (b'[{"labels": {"alertname": ' + DEEP + b"}}]", 400, "depth limit"),
    "numbers instead of alerts": (b"[1, 2]", 400, "not an object"),
    "labels that are a list": (b'[{"labels": ["a"]}]', 400, "values are strings"),
    "a label that is a number": (b'[{"labels": {"alertname": 7}}]', 400, "values are strings"),
    "an end that is no time": (b'[{"labels": {"alertname": "A"}, "endsAt": "soon"}]', 400, "RFC 3339"),
    "no labels": (b'[{"annotations": {}}]', 422, "required"),
}
BAD_SIGNALS = {
    "half a gzip, said to be one": (HALF_A_GZIP, {"Content-Encoding": "gzip"}, "ended early"),
    "half a gzip, not said to be one": (HALF_A_GZIP, {}, "ended early"),
    "nested without end": (b'{"a": ' + DEEP, {}, "depth limit"),
}


@dataclass(frozen=True)
class Door:
    """A running Tocsin and a token to come in with."""

    tocsin: Served
    token: str

    def quarantined(self) -> int:
        return int(self.tocsin.health()["quarantined"])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Door]:
    with prepared(tmp_path_factory.mktemp("door") / "home", _sqlite_template) as served:
        served.start()
        yield Door(served, served.token(Role.INGEST))
        assert "Traceback" not in served.said()


@pytest.mark.parametrize("kind", BAD_ALERTS)
def test_a_bad_body_is_refused_with_the_reason_and_kept_in_quarantine(kind: str, door: Door) -> None:
    body, status, reason = BAD_ALERTS[kind]
    before = door.quarantined()
    answer = door.tocsin.post("/api/v2/alerts", door.token, content=body, headers=JSON)
    assert answer.status_code == status
    assert reason in answer.text
    assert len(answer.text) < 500
    assert door.quarantined() > before


def test_what_is_no_json_by_its_own_word_is_refused_as_alertmanager_does(door: Door) -> None:
    answer = door.tocsin.post(
        "/api/v2/alerts", door.token, content=b"[]", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, 415)


def test_a_bad_alert_does_not_lose_the_good_ones_beside_it(door: Door) -> None:
    body = [{"labels": {"alertname": "Good", "severity": "critical"}}, {"labels": {"alertname": 7}}]
    answer = door.tocsin.post("/api/v2/alerts", door.token, json=body)
    assert answer.status_code == 400
    titles = [one["title"] for one in door.tocsin.incidents(door.tocsin.token(Role.VIEWER))]
    assert any("Good" in title for title in titles)


def test_unknown_fields_are_ignored(door: Door) -> None:
    body = [
        {"labels": {"alertname": "Newer", "severity": "none"}, "invented": {"deep": [1]}, "status": "firing"}
    ]
    before = door.quarantined()
    assert door.tocsin.post("/api/v2/alerts", door.token, json=body).status_code == 200
    assert door.quarantined() == before


@pytest.mark.parametrize("kind", BAD_SIGNALS)
def test_bad_signals_are_set_aside_with_the_reason(kind: str, door: Door) -> None:
    body, headers, reason = BAD_SIGNALS[kind]
    answer = door.tocsin.post("/ingest/signals?source=bad", door.token, content=body, headers=headers)
    said = answer.json()
    assert (answer.status_code, said["accepted"], said["quarantined"]) == (200, 0, 1)
    assert reason in said["reasons"][0]["reason"]


def test_one_bad_line_does_not_lose_the_signals_around_it(door: Door) -> None:
    body = b'{"eventName": "a"}\nnot json\n{"eventName": "b"}\n'
    said = door.tocsin.post("/ingest/signals?source=lines", door.token, content=body).json()
    assert (said["accepted"], said["quarantined"]) == (2, 1)
    assert "line 2" in said["reasons"][0]["reason"]
    kept = (door.tocsin.home / "lake" / "lines" / "hot.ndjson").read_bytes()
    assert kept == b'{"eventName": "a"}\n{"eventName": "b"}\n'


@pytest.mark.parametrize(
    "body",
    [b"[", b'{"version": "5", "alerts": []}', b'{"version": "4", "alerts": [{"status": "maybe"}]}'],
    ids=["cut off", "another version", "a status nobody knows"],
)
def test_a_bad_webhook_is_refused(body: bytes, door: Door) -> None:
    answer = door.tocsin.post(f"/hooks/alertmanager/{door.token}", content=body, headers=JSON)
    assert answer.status_code == 400
    assert door.token not in answer.text
