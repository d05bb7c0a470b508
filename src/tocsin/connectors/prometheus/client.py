"""The query API of a Prometheus server: an expression and a moment in, an answer out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.detection.promql import evaluating
from tocsin.detection.promql.labels import labels_of
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.vector import Point
from tocsin.domain.ports.delivery import DeliveryFailed

QUERY_PATH = "/api/v1/query"
LONGEST_ANSWER_BYTES = 32 * 1024 * 1024
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class PrometheusServer:
    """A server at a base address, asked with POST so that a long expression fits."""

    url: str
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def answer(self, expr: str, at_ms: int) -> evaluating.Answer:
        """Return what the expression is at a moment (milliseconds since 1970).

        Raises `EvaluationFailed` with the server's own words, or with why it could not be asked. The answer
        is https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries.
        """
        content = urlencode({"query": expr, "time": f"{at_ms / 1000:.3f}"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            answer = self.outbound.post(self.url.rstrip("/") + QUERY_PATH, content=content, headers=headers)
        except DeliveryFailed as failed:
            raise EvaluationFailed(f"The Prometheus server could not be asked: {failed.reason}.") from failed
        return _read(answer)


def _read(answer: Answer) -> evaluating.Answer:
    try:
        found = orjson.loads(answer.body)
        if found["status"] != "success":
            reason = str(found["error"])[:LONGEST_REASON]
            raise EvaluationFailed(f"The Prometheus server refused the expression: {reason}")
        return _result(found["data"]["resultType"], found["data"]["result"])
    except (ValueError, KeyError, TypeError, AttributeError):
        cut = ", cut off because it is too long" if answer.is_cut else ""
        raise EvaluationFailed(
            f"The Prometheus server gave an answer that is none (HTTP {answer.status}{cut})."
        ) from None


def _result(kind: str, result: Any) -> evaluating.Answer:
    if kind == "scalar":
        return float(result[1])
    if kind == "string":
        return str(result[1])
    if kind == "vector":
        return [Point(_labels(each["metric"]), float(each["value"][1])) for each in result]
    raise EvaluationFailed(
        f"The Prometheus server answered with a {kind[:20]}, which is no result of a rule."
    )


def _labels(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return labels_of({str(name): str(value) for name, value in metric.items()})
