"""What Prometheus and Alertmanager post is read as they mean it, and one bad alert loses no good one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.alertmanager.inbound import answer_of, read_api_alerts, read_webhook
from tocsin.connectors.refusal import BodyRefused, NotJson, UnknownFormat, WrongContentType

JSON = "application/json"
PAYLOADS = Path(__file__).parent / "payloads"
GOOD: dict[str, Any] = {"labels": {"alertname": "LoginFailures"}}


def body_of(*alerts: Any) -> bytes:
    return json.dumps(alerts).encode()


def webhook_of(*alerts: Any, **changes: Any) -> bytes:
    return json.dumps(
        {"version": "4", "receiver": "tocsin", "groupKey": "{}:{}", "alerts": alerts} | changes
    ).encode()


def test_a_prometheus_body_becomes_reports() -> None:
    read = read_api_alerts((PAYLOADS / "prometheus_two_alerts.json").read_bytes(), JSON)
    first, second = read.reports
    assert (read.refused, read.status, read.answer) == ((), 200, b"")
    assert first.labels == {"alertname": "LoginFailures", "service": "agent-gateway", "severity": "critical"}
    assert first.ends_at == datetime(2026, 11, 20, 21, 4, 0, 123456, tzinfo=UTC)
    assert first.generator_url.startswith("http://prometheus.tocsin.example/graph")
    assert (second.ends_at, second.starts_at) == (None, datetime(2026, 11, 20, 20, tzinfo=UTC))
    assert (second.source, second.count, second.evidence) == ("prometheus", 1, ())


@pytest.mark.parametrize("name", ["firing", "resolved_and_firing"])
def test_what_a_real_prometheus_posted_is_read_without_loss(shared: Path, name: str) -> None:
    sent = json.loads((shared / f"captures/prometheus_post_alerts_{name}.json").read_bytes())
    read = read_api_alerts(json.dumps(sent["body"]).encode(), sent["headers"]["Content-Type"])
    assert [dict(report.labels) for report in read.reports] == [alert["labels"] for alert in sent["body"]]
    assert [dict(report.annotations) for report in read.reports] == [a["annotations"] for a in sent["body"]]
    assert [report.generator_url for report in read.reports] == [a["generatorURL"] for a in sent["body"]]
    assert [shown(report.ends_at) for report in read.reports] == [alert["endsAt"] for alert in sent["body"]]


def test_every_lease_of_a_real_sequence_is_read(shared: Path) -> None:
    sent = json.loads((shared / "captures/prometheus_post_alerts_sequence.json").read_bytes())
    assert len(sent["posts"]) > 10
    for post in sent["posts"]:
        alerts = [{"labels": {"alertname": n}, "startsAt": s, "endsAt": e} for n, s, e in post["alerts"]]
        read = read_api_alerts(body_of(*alerts), JSON)
        found = [[r.labels["alertname"], shown(r.starts_at), shown(r.ends_at)] for r in read.reports]
        assert found == post["alerts"]


@pytest.mark.parametrize(
    ("content_type", "is_taken"),
    [
        (JSON, True),
        ("Application/JSON; charset=utf-8", True),
        ("text/plain", False),
        ("", False),
        ("application/json-seq", False),
    ],
)
def test_only_json_is_taken(content_type: str, is_taken: bool) -> None:
    if is_taken:
        assert len(read_api_alerts(body_of(GOOD), content_type).reports) == 1
        return
    with pytest.raises(WrongContentType) as refused:
        read_api_alerts(body_of(GOOD), content_type)
    assert refused.value.status == 415
    assert json.loads(answer_of(refused.value))["code"] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b"3",
        b"null",
        b'"alerts"',
        b"[NaN]",
        b"[" * 100_000,
        b'[{"labels":{"a":"\xff"}}]',
        b"[{}",
    ],
)
def test_a_body_that_is_no_json_array_is_refused_whole(body: bytes) -> None:
    with pytest.raises(NotJson) as refused:
        read_api_alerts(body, JSON)
    answer = json.loads(answer_of(refused.value))
    assert (refused.value.status, answer["code"], bool(answer["message"])) == (400, 400, True)


def test_an_empty_array_is_fine() -> None:
    assert read_api_alerts(b"[]", JSON).status == 200


ONE_BAD = [
    pytest.param({}, 422, "labels in body is required", id="no labels"),
    pytest.param({"labels": None}, 422, "labels in body is required", id="labels are null"),
    pytest.param({"labels": {}}, 400, "at least one label pair required", id="labels are empty"),
    pytest.param({"labels": {"a": ""}}, 400, "at least one label pair required", id="only empty values"),
    pytest.param({"labels": {"": "a"}}, 400, 'invalid label name ""', id="empty name"),
    pytest.param(
        {"labels": {"a": 5}}, 400, "labels must be an object whose values are strings", id="a number"
    ),
    pytest.param({"labels": ["a"]}, 400, "labels must be an object whose values are strings", id="a list"),
    pytest.param(
        GOOD | {"annotations": "x"},
        400,
        "annotations must be an object whose values are strings",
        id="annotations",
    ),
    pytest.param(GOOD | {"startsAt": "soon"}, 400, "startsAt is not an RFC 3339 time", id="start in words"),
    pytest.param(GOOD | {"endsAt": 1700000000}, 400, "endsAt is not an RFC 3339 time", id="end as a number"),
    pytest.param(
        GOOD | {"startsAt": "2026-11-20T21:00:00Z", "endsAt": "2026-11-20T20:59:59Z"},
        400,
        "start time must be before end time",
        id="ends before it starts",
    ),
    pytest.param(7, 400, "the alert is not an object", id="no object"),
]


@pytest.mark.parametrize(("bad", "status", "reason"), ONE_BAD)
def test_one_bad_alert_is_refused_and_the_good_ones_survive(bad: Any, status: int, reason: str) -> None:
    other = {"labels": {"alertname": "DiskFilling"}}
    read = read_api_alerts(body_of(GOOD, bad, other), JSON)
    assert [report.labels["alertname"] for report in read.reports] == ["LoginFailures", "DiskFilling"]
    assert [part.reason for part in read.refused] == [reason]
    expected = reason if status == 400 else {"code": 602, "message": reason}
    assert (read.status, json.loads(read.answer)) == (status, expected)


@pytest.mark.parametrize(("bad", "status", "reason"), ONE_BAD)
def test_a_refused_alert_can_be_replayed_alone(bad: Any, status: int, reason: str) -> None:
    refused = read_api_alerts(body_of(GOOD, bad), JSON).refused[0]
    again = read_api_alerts(refused.body, JSON)
    assert (again.status, again.reports, again.refused) == (status, (), (refused,))


def test_an_alert_nested_too_deeply_to_be_written_is_kept_with_its_whole_body() -> None:
    deep = b'{"labels":' + b"[" * 1000 + b"]" * 1000 + b"}"
    body = b'[{"labels":{"a":"b"}},' + deep + b"]"
    read = read_api_alerts(body, JSON)
    assert (len(read.reports), read.refused[0].body, read.status) == (1, body, 400)


def test_very_many_bad_alerts_are_kept_together_and_answered_briefly() -> None:
    read = read_api_alerts(body_of(GOOD, *range(1500)), JSON)
    assert (len(read.reports), len(read.refused), len(read.answer) < 10_000) == (1, 1001, True)
    assert json.loads(read.refused[-1].body) == list(range(1000, 1500))


def test_several_reasons_are_told_together() -> None:
    read = read_api_alerts(body_of(7, {"labels": {}}), JSON)
    assert json.loads(read.answer) == "the alert is not an object; at least one label pair required"


def test_empty_label_values_go_and_empty_annotations_stay() -> None:
    read = read_api_alerts(body_of({"labels": {"a": "b", "gone": ""}, "annotations": {"note": ""}}), JSON)
    assert (read.reports[0].labels, read.reports[0].annotations) == ({"a": "b"}, {"note": ""})


def test_unknown_fields_are_ignored_and_a_label_may_have_any_name() -> None:
    read = read_api_alerts(body_of({"labels": {"größe.π": "<script>"}, "status": 5, "x": [1]}), JSON)
    assert read.reports[0].labels == {"größe.π": "<script>"}


def test_nul_is_shown_instead_of_breaking_the_database() -> None:
    read = read_api_alerts(
        body_of({"labels": {"a": "x\0y"}, "annotations": {"b\0": "\0"}, "generatorURL": "\0"}), JSON
    )
    assert "\0" not in repr(
        (read.reports[0].labels, read.reports[0].annotations, read.reports[0].generator_url)
    )
    assert read.reports[0].labels == {"a": "x␀y"}


def test_of_two_equal_keys_the_last_counts() -> None:
    read = read_api_alerts(b'[{"labels":{"a":"1","a":"2"}}]', JSON)
    assert read.reports[0].labels == {"a": "2"}


def test_each_alert_of_a_webhook_has_its_own_status() -> None:
    read = read_webhook((PAYLOADS / "webhook_partial.json").read_bytes())
    assert [report.ends_at for report in read.reports] == [None, datetime(2026, 11, 20, 21, 2, tzinfo=UTC)]
    assert (read.truncated, read.receiver, read.group_key) == (3, "tocsin", '{}:{alertname="LoginFailures"}')
    assert read.refused == ()


@pytest.mark.parametrize("name", ["firing", "partial_resolve", "resolved", "truncated"])
def test_what_a_real_alertmanager_posted_is_read_without_loss(shared: Path, name: str) -> None:
    sent = json.loads((shared / f"captures/alertmanager_webhook_v4_{name}.json").read_bytes())["body"]
    read = read_webhook(json.dumps(sent).encode())
    assert [dict(report.labels) for report in read.reports] == [alert["labels"] for alert in sent["alerts"]]
    assert [dict(report.annotations) for report in read.reports] == [a["annotations"] for a in sent["alerts"]]
    assert [report.ends_at is None for report in read.reports] == [
        a["status"] == "firing" for a in sent["alerts"]
    ]
    assert (read.truncated, read.group_key) == (sent["truncatedAlerts"], sent["groupKey"])
    assert all(report.source == "alertmanager" for report in read.reports)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(webhook_of(GOOD, version="5"), id="version 5"),
        pytest.param(webhook_of(GOOD, version=4), id="version as a number"),
        pytest.param(b'{"text":"my own template"}', id="a user's template"),
        pytest.param(webhook_of(alerts={"a": 1}), id="alerts are no list"),
        pytest.param(webhook_of(GOOD, truncatedAlerts="3"), id="truncated as text"),
        pytest.param(webhook_of(GOOD, truncatedAlerts=-1), id="truncated below zero"),
        pytest.param(webhook_of(GOOD, truncatedAlerts=True), id="truncated as a boolean"),
    ],
)
def test_another_format_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnknownFormat) as refused:
        read_webhook(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"version":"4"'])
def test_a_webhook_that_is_no_json_object_is_refused_whole(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_webhook(body)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (3, 'the alert has no status "firing" or "resolved"'),
        (GOOD, 'the alert has no status "firing" or "resolved"'),
        (GOOD | {"status": "suppressed"}, 'the alert has no status "firing" or "resolved"'),
        (GOOD | {"status": "resolved"}, "the alert is resolved but has no endsAt"),
        (
            GOOD | {"status": "resolved", "endsAt": "0001-01-01T00:00:00Z"},
            "the alert is resolved but has no endsAt",
        ),
        ({"status": "firing"}, "labels in body is required"),
    ],
)
def test_one_bad_alert_of_a_webhook_is_refused_and_can_be_replayed(bad: Any, reason: str) -> None:
    read = read_webhook(webhook_of(GOOD | {"status": "firing"}, bad, truncatedAlerts=2))
    assert (len(read.reports), [part.reason for part in read.refused], read.truncated) == (1, [reason], 2)
    again = read_webhook(read.refused[0].body)
    assert (again.reports, again.refused, again.receiver) == ((), read.refused, "tocsin")


FIELD = st.sampled_from(
    [
        "labels",
        "annotations",
        "startsAt",
        "endsAt",
        "status",
        "alerts",
        "version",
        "truncatedAlerts",
        "groupKey",
        "a",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELD, inner, max_size=6),
)


@settings(deadline=None)
@given(st.one_of(st.binary(), ANY_JSON.map(lambda found: json.dumps(found).encode(errors="replace"))))
def test_no_bytes_raise_anything_but_an_explained_refusal(body: bytes) -> None:
    try:
        read = read_api_alerts(body, JSON)
        assert (read.status == 200) == (not read.refused)
    except BodyRefused as refused:
        refused.explain()
    try:
        read_webhook(body)
    except BodyRefused as refused:
        refused.explain()


@settings(deadline=None)
@given(st.lists(ANY_JSON, max_size=5))
def test_every_alert_is_either_reported_or_refused(alerts: list[Any]) -> None:
    try:
        read = read_api_alerts(json.dumps(alerts).encode(), JSON)
    except NotJson:
        return
    assert len(read.reports) + len(read.refused) == len(alerts)


def shown(at: datetime | None) -> str:
    assert at is not None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
