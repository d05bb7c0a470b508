"""Makes signals of the logs that AWS writes as text: VPC flow logs and access logs of load balancers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import orjson

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import BodyTooLarge, Refusals

FLOW_FIELDS = (
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
)
"""The default fields, version 2: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"""

FLOW_NUMBERS = frozenset(
    {"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags"}
)

ALB_FIELDS = (
    "type",
    "time",
    "elb",
    "client:port",
    "target:port",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "target:port_list",
    "target_status_code_list",
    "classification",
    "classification_reason",
    "conn_trace_id",
)
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html"""

ALB_NUMBERS = frozenset({"elb_status_code", "target_status_code", "received_bytes", "sent_bytes"})
_ALB_AT_LEAST = 17
"""Fields up to `target_group_arn` were always there; later ones were added over the years."""

MOST_LINES = 2_000_000
_MOST_DIGITS = 18
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_NOTHING = frozenset({"-", "", "NODATA", "SKIPDATA"})

_Line = Callable[[list[str]], dict[str, object]]


def read_flows(body: bytes) -> Parsed:
    """Make a signal of each line of a VPC flow log, by the names in its first line or the default ones."""
    lines = _lines(body)
    number, first = next(lines, (0, b""))
    names = tuple(first.decode("utf-8", "replace").split())
    has_header = "srcaddr" in names or "interface-id" in names
    fields = names if has_header else FLOW_FIELDS

    def read(words: list[str]) -> dict[str, object]:
        if len(words) != len(fields):
            raise ValueError(f"{len(words)} fields and not {len(fields)}")
        record = _record(fields, words, FLOW_NUMBERS)
        if "start" in record:
            record["time"] = record["start"]
        return {"product": "aws", "service": "vpcflow", "category": "network_connection"} | record

    begun = iter(()) if has_header else iter(((number, first),) if number else ())
    return _read(_chained(begun, lines), str.split, read)


def read_balancer(body: bytes) -> Parsed:
    """Make a signal of each line of an access log of an Application Load Balancer.

    Beside the native names stand those that Sigma's category `webserver` speaks of (`c-ip`, `cs-method`,
    `cs-uri`, `sc-status`, `cs-user-agent`).
    """

    def read(words: list[str]) -> dict[str, object]:
        if len(words) < _ALB_AT_LEAST:
            raise ValueError(f"{len(words)} fields and not at least {_ALB_AT_LEAST}")
        record = _record(ALB_FIELDS, words, ALB_NUMBERS)
        record |= {
            f"field_{place}": word for place, word in enumerate(words[len(ALB_FIELDS) :], len(ALB_FIELDS))
        }
        return {"product": "aws", "service": "elb", "category": "webserver"} | record | _as_webserver(record)

    return _read(_lines(body), _words, read)


def _as_webserver(record: dict[str, object]) -> dict[str, object]:
    method, _, rest = str(record.get("request", "")).partition(" ")
    words: dict[str, object] = {
        "c-ip": str(record.get("client:port", "")).rpartition(":")[0],
        "cs-method": method,
        "cs-uri": rest.rpartition(" ")[0],
        "sc-status": record.get("elb_status_code", ""),
        "cs-user-agent": record.get("user_agent", ""),
    }
    return {name: value for name, value in words.items() if value not in _NOTHING}


def _record(fields: tuple[str, ...], words: list[str], numbers: frozenset[str]) -> dict[str, object]:
    """Name the words; `-` means that there is none."""
    record: dict[str, object] = {}
    for name, word in zip(fields, words, strict=False):
        if word == "-":
            continue
        is_number = name in numbers and word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS
        record[name] = int(word) if is_number else word
    return record


def _words(line: str) -> list[str]:
    found = [quoted or plain for quoted, plain in _WORD.findall(line)]
    return found if line.count('"') % 2 == 0 or '\\"' in line else []


def _read(lines: Iterator[tuple[int, bytes]], cut: Callable[[str], list[str]], read: _Line) -> Parsed:
    good: list[bytes] = []
    refusals = Refusals(b"\n".join)
    for number, line in lines:
        if len(good) + len(refusals) >= MOST_LINES:
            raise BodyTooLarge(f"The body has more than {MOST_LINES} lines.")
        try:
            good.append(orjson.dumps(read(cut(line.decode()))))
        except ValueError as error:
            reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            refusals.add(line, f"line {number} is refused: {reason}")
    return Parsed(tuple(good), refusals.all())


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(BytesIO(body), 1):
        stripped = line.strip()
        if stripped:
            yield number, stripped


def _chained(
    first: Iterator[tuple[int, bytes]], rest: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes]]:
    yield from first
    yield from rest
