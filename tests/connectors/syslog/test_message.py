"""Messages of both RFCs become records by their fields; every message, however odd, becomes one."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.syslog.framing import Frame
from tocsin.connectors.syslog.message import line_of, record_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS = {"product": "syslog", "peer": "192.0.2.7"}


def read(text: str | bytes, *, at: datetime = AT) -> dict[str, object]:
    body = text if isinstance(text, bytes) else text.encode()
    return record_of(Frame(body), received_at=at, peer="192.0.2.7")


def test_the_example_of_rfc_5424_with_structured_data() -> None:
    text = (
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 111 ID47 "
        '[exampleSDID@32473 iut="3" eventSource="App\\"li\\]cation"][x@1 a="1" a="2" a="3"] '
        "\ufeffAn application event"
    )
    assert read(text) == {
        **OURS,
        "facility": "local4",
        "severity": "notice",
        "host": "mymachine.example.com",
        "app": "evntslog",
        "procid": "111",
        "msgid": "ID47",
        "time": "2003-10-11T22:14:15.003000Z",
        "sd.exampleSDID@32473.iut": "3",
        "sd.exampleSDID@32473.eventSource": 'App"li]cation',
        "sd.x@1.a": ["1", "2", "3"],
        "message": "An application event",
    }


def test_nil_values_are_left_out_and_the_time_is_then_when_it_came() -> None:
    assert read("<34>1 - - - - - - hello") == {
        **OURS,
        "facility": "auth",
        "severity": "critical",
        "time": "2026-03-01T12:00:00Z",
        "message": "hello",
    }


def test_the_example_of_rfc_3164() -> None:
    assert read("<34>Feb 11 22:14:15 mymachine su[77]: 'su root' failed for lonvick") == {
        **OURS,
        "facility": "auth",
        "severity": "critical",
        "host": "mymachine",
        "app": "su",
        "procid": "77",
        "time": "2026-02-11T22:14:15Z",
        "message": "'su root' failed for lonvick",
    }


@pytest.mark.parametrize(
    ("stamp", "year"), [("Dec 31 23:59:59", 2025), ("Mar  1 11:00:00", 2026), ("Mar  2 11:00:00", 2026)]
)
def test_a_time_without_a_year_gets_the_one_it_fits(stamp, year) -> None:
    assert str(read(f"<34>{stamp} host app: x")["time"]).startswith(str(year))


def test_a_message_that_is_json_becomes_fields_that_do_not_take_our_places() -> None:
    record = read('<34>1 - h a - - - @cee: {"user":"eve","host":"forged","n":1}')
    assert (record["user"], record["n"], record["host"], record["message.host"]) == ("eve", 1, "h", "forged")


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "<999>hello",
        "<34>",
        "<34>1 ",
        "<34>Foo 99 99:99:99 x y",
        "<34>Feb 30 10:00:00 x y",
        '<34>1 - - - - - [a b="c] rest',
        "<34>1 - - - - - [a",
        '<34>1 - - - - - {"a":',
        "<34>1 9999-99-99T00:00:00Z - - - - -",
    ],
)
def test_what_is_odd_is_kept_as_its_message(text) -> None:
    record = read(text)
    assert record["product"] == "syslog"
    assert str(record["message"]) in text
    assert record["time"]


def test_a_message_nested_too_deep_is_kept_as_text() -> None:
    deep = "{" + '"a":{' * 300 + '"b":1' + "}" * 300 + "}"
    line = line_of(Frame(f"<34>1 - - - - - - {deep}".encode()), received_at=AT, peer="p")
    assert orjson.loads(line)["message"] == deep


def test_endless_parameters_are_not_taken_apart() -> None:
    text = "<34>1 - - - - - [a" + ' b="c"' * 5000 + "] rest"
    record = read(text)
    assert str(record["message"]).startswith("[a b=")


def test_what_was_cut_says_so() -> None:
    assert record_of(Frame(b"x", is_cut=True), received_at=AT, peer="p")["truncated"] is True


@given(st.binary(max_size=400))
def test_any_bytes_are_one_line_of_json(body) -> None:
    for start in (b"", b"<34>1 ", b"<34>1 - - - - - ", b"<34>Feb 11 22:14:15 "):
        line = line_of(Frame(start + body), received_at=AT, peer="p")
        assert b"\n" not in line
        assert type(orjson.loads(line)) is dict
