from __future__ import annotations

import json
import math
from urllib.parse import parse_qs

import pytest

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.prometheus.client import PrometheusServer
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.vector import Point
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


class Partner(Outbound):
    """A server that answers one thing and remembers what it was asked."""

    def __init__(self, body: object, *, is_cut: bool = False) -> None:
        super().__init__()
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        object.__setattr__(self, "given", Answer(200, {}, written, is_cut))
        object.__setattr__(self, "asked", [])

    def post(self, url, *, content, headers):
        self.asked.append((url, parse_qs(content.decode())))
        return self.given


class Gone(Outbound):
    def post(self, url, *, content, headers):
        raise DeliveryFailed(FailureKind.RETRY_LATER, "prometheus did not answer within 10 s")


def _success(kind: str, result: object) -> dict[str, object]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def test_a_vector_is_read_with_its_labels_sorted_and_its_special_numbers() -> None:
    partner = Partner(
        _success(
            "vector",
            [
                {"metric": {"job": "a", "__name__": "up"}, "value": [1.5, "0.25"]},
                {"metric": {}, "value": [1.5, "+Inf"]},
                {"metric": {"job": "b"}, "value": [1.5, "NaN"]},
            ],
        )
    )
    found = PrometheusServer("http://prometheus:9090/base/", partner).answer("up > 0", 1_500)
    assert found[:2] == [Point((("__name__", "up"), ("job", "a")), 0.25), Point((), math.inf)]
    assert math.isnan(found[2].value)
    assert partner.asked == [
        ("http://prometheus:9090/base/api/v1/query", {"query": ["up > 0"], "time": ["1.500"]})
    ]


@pytest.mark.parametrize(("kind", "expected"), [("scalar", 1.0), ("string", "1")])
def test_a_scalar_and_a_string_are_read(kind: str, expected: object) -> None:
    assert PrometheusServer("http://p", Partner(_success(kind, [1, "1"]))).answer("1", 0) == expected


@pytest.mark.parametrize(
    ("partner", "reason"),
    [
        (Partner({"status": "error", "errorType": "bad_data", "error": "parse error"}), "parse error"),
        (Partner(_success("matrix", [])), "matrix"),
        (Partner(b"<html>"), "HTTP 200"),
        (Partner(_success("vector", [{"metric": {}}])), "is none"),
        (Partner(b"{", is_cut=True), "too long"),
        (Partner([]), "is none"),
        (Gone(), "could not be asked: prometheus did not answer"),
    ],
)
def test_what_is_no_answer_is_told_with_its_reason(partner: Outbound, reason: str) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        PrometheusServer("http://p", partner).answer("up", 0)
    assert reason in failed.value.happened
