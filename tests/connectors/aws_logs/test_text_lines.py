"""Lines of flow logs and load balancers get the documented names; a line of another form is refused alone."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.aws_logs import text_lines
from tocsin.connectors.refusal import BodyTooLarge
from tocsin.connectors.signals.formats import parse, recognise
from tocsin.connectors.signals.inbound import event_time
from tocsin.detection.sigma.logsource import LogSource, origin, signature

FLOW = b"2 210987654321 eni-0a 198.51.100.23 10.0.0.4 49761 3389 6 20 4249 1795206600 1795206660 REJECT OK"
HEADER = b"version account-id interface-id srcaddr dstaddr tcp-flags start"
ALB = (
    b"https 2026-11-20T20:45:12.345678Z app/web/1 198.51.100.23:4711 10.0.0.4:80 0.0 0.1 0.0 502 - 34 366 "
    b'"GET https://app.tocsin.example:443/x?a=\\"b HTTP/1.1" "curl 8" - - arn:aws:tg/1'
)


def test_the_default_fields_are_those_of_version_2() -> None:
    found = parse("vpc-flow", FLOW + b"\n\n" + FLOW + b"\r\n")
    assert (len(found.lines), found.refused) == (2, ())
    record = orjson.loads(found.lines[0])
    assert (record["srcaddr"], record["dstport"], record["action"]) == ("198.51.100.23", 3389, "REJECT")
    when = event_time(record)
    assert when is not None
    assert when.timestamp() == 1795206600
    assert origin(signature(record)).fits(LogSource(product="aws", service="vpcflow"))


def test_a_first_line_of_names_rules() -> None:
    body = HEADER + b"\n5 1 eni-1 - 10.0.0.4 19 1795206600\n"
    assert recognise(body) == "vpc-flow"
    record = orjson.loads(parse("vpc-flow", body).lines[0])
    assert (record["tcp-flags"], "srcaddr" in record) == (19, False)


def test_a_balancers_line_also_says_what_sigma_calls_a_webserver() -> None:
    assert recognise(ALB) == "alb"
    record = orjson.loads(
        parse("alb", ALB + b' "t" "d" "c" 0 r "f" "-" "-" "x" "y" "-" "-" id more').lines[0]
    )
    assert (record["elb_status_code"], record["client:port"], record["user_agent"]) == (
        502,
        "198.51.100.23:4711",
        "curl 8",
    )
    assert (record["c-ip"], record["cs-method"], record["sc-status"]) == ("198.51.100.23", "GET", 502)
    assert record["cs-uri"].startswith("https://app.tocsin.example")
    assert record["field_30"] == "more"
    assert origin(signature(record)).fits(LogSource(category="webserver"))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("vpc-flow", b"2 1 eni-1"),
        ("vpc-flow", b"\xff"),
        ("alb", b"http one two"),
        ("alb", ALB.replace(b'\\"', b'"')),
    ],
)
def test_a_line_of_another_form_is_refused_alone(name: str, bad: bytes) -> None:
    good = FLOW if name == "vpc-flow" else ALB
    found = parse(name, good + b"\n" + bad)
    assert (len(found.lines), [part.body for part in found.refused]) == (1, [bad])


def test_nothing_is_nothing_and_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse("vpc-flow", b"\n").lines == ()
    monkeypatch.setattr(text_lines, "MOST_LINES", 3)
    with pytest.raises(BodyTooLarge):
        parse("vpc-flow", b"\n".join([FLOW] * 4))


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([FLOW, ALB]), max_size=8),
    st.sampled_from(["vpc-flow", "alb"]),
)
def test_no_line_is_lost(lines: list[bytes], name: str) -> None:
    body = b"\n".join(lines)
    there = [line.strip() for line in body.split(b"\n") if line.strip()]
    found = parse(name, body)
    names_first = 1 if there and (b"srcaddr" in there[0] or b"interface-id" in there[0]) else 0
    assert len(found.lines) + len(found.refused) == len(there) - (names_first if name == "vpc-flow" else 0)
