"""The four alerts of the identity service are rows of the pack, and what they are blind to is answered."""

from __future__ import annotations

import re

import pytest
import yaml

from pack_rows import Pack, Row

PACK = Pack("agent-identity", "idp")
ALERTS = (
    *("AuthFailureSpike", "AnomalousTokenIssuance"),
    *("AuditChainIntegrityFailed", "WebhookDeadLetterAccumulating"),
)
TWIN = "NoData"


def alerts_in(name: str) -> dict[str, dict[str, object]]:
    groups = yaml.safe_load((PACK.folder / "prometheus" / name).read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_the_four_alerts_are_rows() -> None:
    assert tuple(row.cells[0].strip("`") for row in PACK.rows()) == ALERTS
    assert set(alerts_in("alerts.yml")) == set(ALERTS)


@pytest.mark.parametrize("row", PACK.rows(), ids=lambda row: row.cells[0])
def test_what_an_alert_is_blind_to_is_answered_by_metrics_and_by_the_audit_log(row: Row) -> None:
    known = {**alerts_in("alerts.yml"), **alerts_in("also.yml")}
    named = re.findall(r"`(\w+)`", row.cells[2])
    assert named
    assert all(name.removesuffix(TWIN) in known for name in named)
    assert row.rules
    for name in row.rules:
        PACK.check(name)


def test_each_further_metric_rule_answers_something() -> None:
    named = {name for row in PACK.rows() for name in re.findall(r"`(\w+)`", row.cells[2])}
    assert set(alerts_in("also.yml")) <= named


def test_every_rule_has_a_purpose() -> None:
    PACK.check_that_every_rule_has_a_purpose()
