"""Any JSON by a mapping: the good ones are taken beside those that do not map."""

from __future__ import annotations

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.edgedelta.hook import HOOK as EDGE_DELTA
from tocsin.connectors.edgedelta.hook import TEMPLATE
from tocsin.connectors.generic.hook import HOOK
from tocsin.connectors.hook import HookRequest, HookSecret, NotMapped
from tocsin.connectors.mapped import read_mapped
from tocsin.connectors.mapping import parse_intake
from tocsin.connectors.refusal import NotJson
from tocsin.connectors.secret import Secret

MAPPER = parse_intake("sources: {x: {fields: {title: /t, id: /i}}}", "intake.yml")["x"]
SECRETS = (HookSecret(secret=Secret("s"), name="1"),)


def _request(found: object, mapper=MAPPER) -> HookRequest:
    body = found if isinstance(found, bytes) else orjson.dumps(found)
    return HookRequest(headers={"x-tocsin-token": "s"}, body=body, source="x", now=NOON, mapper=mapper)


def test_an_array_is_taken_one_by_one() -> None:
    found = read_mapped(_request([{"t": "a", "i": "1"}, {"t": "b"}, 7]), None)
    assert [report.key for report in found.reports] == ["1"]
    assert [part.body for part in found.unreadable] == [b'{"t":"b"}', b"7"]


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(NotJson):
        read_mapped(_request(b"{"), None)


def test_a_source_without_a_mapping_says_where_to_write_one() -> None:
    with pytest.raises(NotMapped, match=r"intake\.yml"):
        HOOK.read(_request({}, None))


@pytest.mark.parametrize(
    ("found", "is_named"),
    [
        ({"t": "a", "i": "1"}, True),
        ([{"t": "a", "i": "1"}], True),
        ([{}, {}], False),
        ({}, False),
        (b"{", False),
    ],
)
def test_a_delivery_is_named_by_the_senders_own_id(found: object, is_named: bool) -> None:
    assert bool(HOOK.verify(_request(found), SECRETS).replay_key) is is_named


def test_without_a_mapping_a_delivery_has_no_name() -> None:
    assert HOOK.verify(_request({}, None), SECRETS).replay_key == ""


def test_edge_deltas_template_is_read() -> None:
    def told(**values: str) -> bytes:
        text = TEMPLATE
        for name, value in {"ID": "e1", "METRIC": "m", "QUERY": "q", "GROUP_ALL": "g", **values}.items():
            text = text.replace(f"$EVENT_{name}", value)
        return text.encode()

    (begun,) = EDGE_DELTA.read(_request(told(STATUS="alert", MSG="p99 is high"), None)).reports
    (ended,) = EDGE_DELTA.read(_request(told(STATUS="resolved", MSG="fine", ID="e2"), None)).reports
    assert begun.key == ended.key
    assert begun.report.annotations["summary"] == "p99 is high"
    assert ended.report.ends_at == NOON
