"""What comes by OTLP and remote write is durable before it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
import pytest

from nouns import NOON
from tocsin.app.tally import Tally
from tocsin.app.telemetry import Posted, Telemetry
from tocsin.connectors.otlp.reading import JSON
from tocsin.domain.clock import PushedClock
from tocsin.domain.sample import Sample
from tocsin.store.lake import SegmentLake, SignalRefused

RECORD = {"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}
GAUGE = {"name": "up", "gauge": {"dataPoints": [{"timeUnixNano": "1772366400000000000", "asInt": "1"}]}}
SHOP = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}


@dataclass
class Kept:
    """Samples in a list, and how often the bell was rung."""

    samples: list[Sample] = field(default_factory=list)
    rings: int = 0

    def append(self, samples) -> int:
        self.samples.extend(samples)
        return len(samples)

    def ring(self) -> None:
        self.rings += 1


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def telemetry(tmp_path, kept) -> Telemetry:
    return Telemetry(SegmentLake(tmp_path), kept, PushedClock(NOON), kept.ring, 1 << 20, Tally())


def posted(**body: object) -> Posted:
    return Posted(orjson.dumps(body), JSON)


def test_records_are_in_the_lake_and_the_judges_are_woken(telemetry, kept) -> None:
    assert telemetry.logs(posted(resourceLogs=[RECORD]), "apps").count == 0
    assert telemetry.spans(posted(), "traces").count == 0
    assert (len(telemetry.lake.read("apps", 0, 9)[0]), kept.rings) == (1, 1)


def test_a_name_that_can_be_no_source_is_refused(telemetry) -> None:
    with pytest.raises(SignalRefused):
        telemetry.logs(posted(resourceLogs=[RECORD]), "../apps")


def test_samples_are_kept_and_their_job_is_remembered(telemetry, kept) -> None:
    group = {"resource": SHOP, "scopeMetrics": [{"metrics": [GAUGE]}]}
    assert telemetry.metrics(posted(resourceMetrics=[group])).count == 0
    assert telemetry.metrics(posted()).count == 0
    assert [dict(sample.labels)["__name__"] for sample in kept.samples] == ["up"]
    assert telemetry.tally.drain() == {"shop": NOON}
