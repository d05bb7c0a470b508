"""The history of deployments is read in R1's form, and continued without losing a word of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from builds import commit, deployed, digest_of, history
from tocsin.response.deployments import HistoryRefused, parse_history, with_rollback

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_deployments_are_read_by_time_and_a_build_is_healthy_until_the_next():
    found = parse_history(history(deployed(2, 60), deployed(1, 0)), NOW)
    assert [each.commit for each in found.deployments] == [commit(1), commit(2)]
    assert [each.healthy_for for each in found.deployments] == [timedelta(hours=1)] * 2
    assert found.deployments[0].digest == digest_of(b"build 1")
    assert found.current == commit(2)


def test_what_the_file_says_of_health_goes_before_what_can_be_concluded():
    since, until = "2026-03-01T10:05:00+00:00", "2026-03-01T10:09:00"
    found = parse_history(history(deployed(1, 0, healthySince=since, healthyUntil=until)), NOW)
    assert found.deployments[0].healthy_for == timedelta(minutes=4)
    odd = parse_history(history(deployed(1, 30, healthyUntil="2026-03-01T10:00:00Z")), NOW)
    assert odd.deployments[0].healthy_for == timedelta()


def test_a_build_that_was_not_healthy_never_was():
    found = parse_history(history(deployed(1, 0, status="failed")), NOW)
    assert found.deployments[0].healthy_for == timedelta()


def test_after_a_rollback_the_build_of_the_rollback_runs():
    back = {"commit": commit(1), "timestamp": "2026-03-01T11:30:00Z"}
    assert parse_history(history(deployed(1, 0), deployed(2, 60), rollbacks=[back]), NOW).current == commit(1)


def test_an_empty_history_has_nothing_that_runs():
    assert parse_history(history(), NOW).current == ""


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        history({**deployed(1, 0), "commit": "../../etc"}),
        history({**deployed(1, 0), "digest": "sha256:zz"}),
        history({**deployed(1, 0), "timestamp": "yesterday"}),
        "\ud800",
    ],
)
def test_a_history_that_cannot_be_read_is_refused(text):
    with pytest.raises(HistoryRefused):
        parse_history(text, NOW)


def test_a_rollback_is_added_and_everything_else_is_kept():
    text = json.dumps({"owner": "team", **json.loads(history(deployed(1, 0)))})
    again = with_rollback(text, commit(1), NOW, {"action": "ACT-7"})
    written = json.loads(again)
    assert written["owner"] == "team"
    assert written["rollbacks"] == [
        {"commit": commit(1), "timestamp": "2026-03-01T12:00:00Z", "action": "ACT-7"}
    ]
    assert len(json.loads(with_rollback(again, commit(1), NOW, {}))["rollbacks"]) == 2
    with pytest.raises(HistoryRefused):
        with_rollback("[]", commit(1), NOW, {})


def test_a_digest_may_be_missing():
    assert parse_history(history({**deployed(1, 0), "digest": ""}), NOW).deployments[0].digest == ""
