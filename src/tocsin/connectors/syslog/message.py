"""Reads one syslog message into a record: RFC 5424, else RFC 3164, else its text as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tocsin.connectors.instant import instant_of
from tocsin.connectors.syslog.framing import Frame

PRODUCT = "syslog"
MOST_PARAMETERS = 256

_SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6"),
    "local7",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NIL = "-"
_BOM = "\ufeff"
_CEE = "@cee:"

_PRI = re.compile(r"<(\d{1,3})>")
_HEADER = re.compile(r"1 (\S{1,64}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64})(?: |$)")
_PARAMETER = re.compile(r' ([^\s=\]"]{1,64})="((?:[^"\\\]]|\\.|\](?!"))*)"', re.DOTALL)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,64})')
_OLD = re.compile(
    r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\S{1,255}) ?"
    r"(?:([^\s:\[\]]{1,64})(?:\[([^\]\s]{1,128})\])?: ?)?"
)
_ESCAPED = re.compile(r'\\(["\\\]])')


def record_of(frame: Frame, *, received_at: datetime, peer: str) -> dict[str, Any]:
    """Return the record of a message; every message gives one, however odd.

    `host`, `app`, `procid`, `msgid`, structured data as `sd.ID.PARAM`, and the fields of a message that is
    JSON, which never take the place of ours: then they are `message.NAME`.
    """
    text = frame.body.decode("utf-8", "replace")
    record: dict[str, Any] = {"product": PRODUCT, "peer": peer}
    if frame.is_cut:
        record["truncated"] = True
    pri = _PRI.match(text)
    if pri is not None and int(pri[1]) < len(_FACILITIES) * 8:
        facility, severity = divmod(int(pri[1]), 8)
        record |= {"facility": _FACILITIES[facility], "severity": _SEVERITIES[severity]}
        text = text[pri.end() :]
    message = _new(text, record)
    if message is None:
        message = _old(text, record, received_at)
    record.setdefault("time", received_at.isoformat().replace("+00:00", "Z"))
    return _with_message(record, message.removeprefix(_BOM))


def line_of(frame: Frame, *, received_at: datetime, peer: str) -> bytes:
    """Return the record as one line of JSON."""
    record = record_of(frame, received_at=received_at, peer=peer)
    try:
        return orjson.dumps(record)
    except orjson.JSONEncodeError:
        # A message that is JSON nested too deep to be written again is kept as text alone.
        return orjson.dumps(
            {name: value for name, value in record.items() if not isinstance(value, dict | list)}
        )


def _new(text: str, record: dict[str, Any]) -> str | None:
    """Read RFC 5424 into the record and return the message; None when it is something else."""
    header = _HEADER.match(text)
    if header is None:
        return None
    at, host, app, procid, msgid = header.groups()
    found = {"host": host, "app": app, "procid": procid, "msgid": msgid}
    record.update((name, value) for name, value in found.items() if value != _NIL)
    when = instant_of(at) if at != _NIL else None
    if when is not None:
        record["time"] = when.isoformat().replace("+00:00", "Z")
    place = header.end()
    if text.startswith(_NIL, place):
        return text[place + 1 :].removeprefix(" ")
    return text[_structured(text, place, record) :].removeprefix(" ")


def _structured(text: str, place: int, record: dict[str, Any]) -> int:
    """Read structured data into the record and return where it ends; what is damaged stays message."""
    seen = 0
    while (element := _ELEMENT.match(text, place)) is not None:
        inside = element.end()
        found: list[tuple[str, str]] = []
        while (parameter := _PARAMETER.match(text, inside)) is not None:
            found.append((f"sd.{element[1]}.{parameter[1]}", _ESCAPED.sub(r"\1", parameter[2])))
            inside = parameter.end()
        seen += len(found)
        if not text.startswith("]", inside) or seen > MOST_PARAMETERS:
            return place
        for name, value in found:
            _add(record, name, value)
        place = inside + 1
    return place


def _add(record: dict[str, Any], name: str, value: str) -> None:
    """Add a parameter; one that is repeated becomes a list, so that none hides another."""
    if name not in record:
        record[name] = value
    elif type(record[name]) is list:
        record[name].append(value)
    else:
        record[name] = [record[name], value]


def _old(text: str, record: dict[str, Any], received_at: datetime) -> str:
    """Read RFC 3164 into the record and return the message; all of the text when it is something else."""
    header = _OLD.match(text)
    when = None if header is None else _old_time(header, received_at)
    if header is None or when is None:
        return text
    record["time"] = when.isoformat().replace("+00:00", "Z")
    found = {"host": header[6], "app": header[7], "procid": header[8]}
    record.update((name, value) for name, value in found.items() if value)
    return text[header.end() :]


def _old_time(header: re.Match[str], received_at: datetime) -> datetime | None:
    """Return the time of RFC 3164, which names neither year nor zone: UTC, and the year it fits best."""
    if header[1] not in _MONTHS:
        return None
    month, day = _MONTHS.index(header[1]) + 1, int(header[2])
    hour, minute, second = int(header[3]), int(header[4]), int(header[5])
    try:
        found = datetime(received_at.year, month, day, hour, minute, second, tzinfo=UTC)
        if found > received_at + timedelta(days=2):
            found = found.replace(year=received_at.year - 1)
    except ValueError:
        return None
    return found


def _with_message(record: dict[str, Any], message: str) -> dict[str, Any]:
    """Add the message, and the fields in it when it is one JSON object."""
    record["message"] = message
    body = message.removeprefix(_CEE).strip()
    if not (body.startswith("{") and body.endswith("}")):
        return record
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return record
    for name, value in fields.items():
        record[f"message.{name}" if name in record else name] = value
    return record
