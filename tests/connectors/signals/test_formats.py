"""Every body finds its parser: by the name given, else by its shape; what nothing knows stays plain JSON."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.datadog.monitors import TEMPLATE
from tocsin.connectors.refusal import BodyRefused, BodyTooLarge, ExtraMissing, UnknownFormat
from tocsin.connectors.signals import formats as dispatch
from tocsin.connectors.signals import inbound
from tocsin.connectors.signals.formats import (
    demand_format,
    described,
    formats,
    parse,
    read,
    recognise,
    recognise_record,
    streamer,
)

REPOSITORY = Path(__file__).parents[3]
METRIC = {"metric_stream_name": "s", "metric_name": "m", "value": {"sum": 1.0}}
NOTICE = {
    "Type": "Notification",
    "MessageId": "1",
    "TopicArn": "arn",
    "Message": json.dumps(METRIC, indent=1),
}

# One of each shape, with every field that its recogniser looks at.
SAMPLES: dict[str, dict[str, Any]] = {
    "cloudwatch-alarm": {"AlarmName": "a", "NewStateValue": "OK"},
    "cloudwatch-logs": {"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": [{"message": "x"}]},
    "cloudwatch-metrics": METRIC,
    "crowdstrike": {"metadata": {"eventType": "x"}, "event": {}},
    "datadog": {"event_type": "e", "last_updated": "1", "org": {}},
    "drift": {"baseline": {"a": 1}, "snapshot": {"a": 2}},
    "eventbridge": {"detail-type": "x", "source": "y", "detail": {}},
    "guardduty": {"id": "x", "type": "t", "severity": 1, "service": {"serviceName": "guardduty"}},
    "intune": {"complianceState": "x", "deviceName": "d"},
    "jamf": {"webhook": {"webhookEvent": "x"}, "event": {}},
    "mcp": {"mcp": "m", "tool": "t", "user": "u"},
    "mutation": {"schemaVersion": "1", "thresholds": {}, "files": {"a": {"mutants": [{"status": "Killed"}]}}},
    "mutmut": {"killed": 1, "survived": 0, "total": 1, "no_tests": 0},
    "sarif": {"version": "2.1.0", "runs": [{"results": [{"ruleId": "r"}]}]},
    "sentinelone": {"threatInfo": {}, "agentRealtimeInfo": {}},
    "snyk": {"vulnerabilities": [{"id": "v"}], "packageManager": "pip"},
    "waf": {"webaclId": "w", "httpRequest": {}, "terminatingRuleId": "r"},
}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def test_plain_json_is_a_format_and_is_what_nothing_else_is() -> None:
    assert "json" in formats()
    assert recognise(b'{"a":1}') is None
    assert parse("json", b'{"a":1}\n7').lines == read(b'{"a":1}').lines == (b'{"a":1}',)


def test_an_unknown_format_is_explained_with_those_there_are() -> None:
    with pytest.raises(UnknownFormat, match=r"no format 'xls'; there are .*json"):
        read(b"", form="xls")


def test_each_format_says_what_it_is_has_one_parser_and_is_documented() -> None:
    text = (REPOSITORY / "docs" / "sources.md").read_text("utf-8")
    for each in described():
        assert each.summary.endswith(".")
        assert len([place for place in (each.record, each.body, each.stream) if place]) == 1
        assert f"`{each.name}`" in text
    assert TEMPLATE in text


def test_every_shape_has_a_sample_and_each_sample_one_shape() -> None:
    assert set(SAMPLES) == {each.name for each in described() if each.shape}
    for name, sample in SAMPLES.items():
        assert recognise_record(sample) == name
        body = json.dumps(sample).encode()
        found = {each.name for each in described() if each.shape and parse(each.name, body).refused == ()}
        assert found == {name}, name


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(METRIC).encode(),
        b"\n \n" + json.dumps(METRIC).encode() + b'\n{"other":1}',
        json.dumps(METRIC, indent=2).encode(),
        json.dumps(METRIC).encode() * 2,
        json.dumps([METRIC, 7]).encode(),
        json.dumps([METRIC | {"long": "x" * (1 << 20)}, {}]).encode(),
        json.dumps(NOTICE).encode(),
        b"\xef\xbb\xbf" + json.dumps(METRIC).encode(),
    ],
    ids=["line", "lines", "document", "a row", "array", "long array", "over SNS", "byte order mark"],
)
def test_the_first_object_tells_the_format_wherever_it_lies(body: bytes) -> None:
    assert recognise(body.removeprefix(b"\xef\xbb\xbf")) == "cloudwatch-metrics"
    assert orjson.loads(read(body).lines[0])["category"] == "metric"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"7",
        b"[",
        b"[]",
        b"[7]",
        b"{",
        b'{"a":',
        b'{"Records":[{}]}',
        b"plain",
        b"<?xml?>",
        b"[" * 100_000,
        b'["' + b"x" * (1 << 20),
        b"[[" + b" " * (1 << 20) + b"]]",
    ]
    + [json.dumps({**NOTICE, "Message": message}).encode() for message in ("no JSON", "7", "\ud800", 7)],
)
def test_what_nothing_knows_is_not_recognised(body: bytes) -> None:
    assert recognise(body) is None


def test_xml_is_told_by_its_root_behind_declaration_comment_and_document_type() -> None:
    begin = b'<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE coverage SYSTEM "x">\n'
    assert recognise(begin + b"<coverage line-rate='1'/>") == "cobertura"
    assert recognise(b"<mutations></mutations>") == "pit"
    assert recognise(begin + b"<html>") is None
    assert recognise(b"<!--" + b" " * 100_000) is None
    assert recognise(b"<!---->" * 1000 + b"x") is None


def test_others_among_recognised_records_stay_and_among_named_ones_are_refused() -> None:
    body = json.dumps(METRIC).encode() + b'\n{"other":1}'
    assert read(body).lines[1] == b'{"other":1}'
    assert [part.body for part in read(body, form="cloudwatch-metrics").refused] == [b'{"other":1}']


def test_a_body_that_cannot_be_unpacked_is_refused_whatever_its_format() -> None:
    assert [part.body for part in read(b"\x1f\x8bhalf", form="waf").refused] == [b"\x1f\x8bhalf"]


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"\n".join([json.dumps(METRIC).encode()] * 10)
    assert len(read(body).lines) == 10
    monkeypatch.setattr(inbound, "MOST_CONVERTED_BYTES", 500)
    with pytest.raises(BodyTooLarge):
        read(body)


@pytest.mark.parametrize("form", ["", "parquet"])
def test_what_can_unpack_without_bound_is_not_to_be_posted(form: str) -> None:
    with pytest.raises(UnknownFormat, match="tocsin hunt"):
        read(b"PAR1", form=form)


def test_a_missing_extra_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(place: str) -> Any:
        raise ModuleNotFoundError(place, name="evtx")

    monkeypatch.setattr(dispatch, "load", missing)
    with pytest.raises(ExtraMissing, match=r"pip install 'tocsin\[evtx\]'"):
        streamer(demand_format("evtx"))


def test_too_many_streamed_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "MOST_RECORDS", 2)
    monkeypatch.setattr(dispatch, "load", lambda place: lambda opened: iter([b"{}"] * 3))
    with pytest.raises(BodyTooLarge):
        parse("evtx", b"")


@given(
    st.sampled_from(formats()),
    st.binary(max_size=300) | st.sampled_from([json.dumps(each).encode() for each in SAMPLES.values()]),
)
def test_no_body_ends_otherwise_than_in_records_and_refusals(name: str, body: bytes) -> None:
    with suppress(BodyRefused):
        found = parse(name, body)
        assert all(isinstance(orjson.loads(line), dict) and b"\n" not in line for line in found.lines)


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_change_to_a_record_ends_otherwise_than_in_records_and_refusals(
    name: str, data: st.DataObject
) -> None:
    sample = json.loads(json.dumps(SAMPLES[name]))
    place, path = sample, data.draw(st.integers(0, 3))
    for _ in range(path):
        inner = [each for each in place.values() if isinstance(each, dict) and each]
        place = inner[0] if inner else place
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(ODD)
    raw = json.dumps(sample, allow_nan=False).encode() if _finite(sample) else b"{}"
    found = parse(name, raw + b"\n" + raw)
    assert all(isinstance(orjson.loads(line), dict) for line in found.lines)
    assert all(part.body and part.reason for part in found.refused)
    assert recognise(raw) in (None, *formats())


def _finite(value: Any) -> bool:
    return "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)
