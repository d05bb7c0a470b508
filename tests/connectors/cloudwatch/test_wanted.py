"""What is wanted of CloudWatch is read from the settings."""

from __future__ import annotations

import pytest

from tocsin.connectors.cloudwatch.wanted import WantedMetric, groups_of, metrics_of
from tocsin.domain.errors import Misconfigured


def test_groups_and_metrics_are_read() -> None:
    assert groups_of("waf=aws-waf-logs, app=/ecs/app=1") == {"aws-waf-logs": "waf", "/ecs/app=1": "app"}
    assert metrics_of("AWS/SQS:Age:Maximum,") == (WantedMetric("AWS/SQS", "Age", "Maximum"),)


@pytest.mark.parametrize("text", ["group", "=group", "a="])
def test_what_is_no_group_is_explained(text) -> None:
    with pytest.raises(Misconfigured):
        groups_of(text)


@pytest.mark.parametrize("text", ["AWS/SQS", "a:b", "a::c", "a:b:c:d"])
def test_what_is_no_metric_is_explained(text) -> None:
    with pytest.raises(Misconfigured):
        metrics_of(text)
