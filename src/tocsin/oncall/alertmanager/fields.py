"""Readers for single values of an `alertmanager.yml`, each as lenient and as strict as Alertmanager's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from tocsin.domain.matchers import Matcher
from tocsin.domain.pack_file import Located
from tocsin.oncall.alertmanager.matcher_texts import in_order, parse_matchers

SECRET = "<secret>"
MAX_LENGTH = timedelta(days=106_751)
"""What Go can count in nanoseconds, about 292 years."""

_LENGTH = re.compile(
    r"(?:(?P<years>\d{1,9})y)?(?:(?P<weeks>\d{1,9})w)?(?:(?P<days>\d{1,9})d)?(?:(?P<hours>\d{1,12})h)?"
    r"(?:(?P<minutes>\d{1,12})m)?(?:(?P<seconds>\d{1,12})s)?(?:(?P<milliseconds>\d{1,15})ms)?"
)
_GO_LENGTH = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_URL = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[^/?#@]*)@)?(?P<host>[^/?#@\s<>\"\\^`{|}]+)(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_HOST = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:]*)(?::\d*)?")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_HOST_PORT = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:]*):[^\[\]:]+")


class Secrecy(Enum):
    """How much of a value may be shown: all, nothing, or of an address its scheme and host."""

    OPEN = "open"
    HIDDEN = "hidden"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key that may stand in a mapping: how it is read, and how much of it may be shown.

    `members` are the keys of the mapping (or of the list of mappings) that it holds, if its keys are known.
    """

    read: Callable[[Located], Any]
    secrecy: Secrecy = Secrecy.OPEN
    members: Mapping[str, Field] = field(default_factory=dict)


def text(written: Located) -> str:
    """Read any scalar as the text it was written as; nothing is the empty text."""
    if written.kind in ("map", "seq"):
        raise written.problem("a text is expected here.", "Write a text on the key's own line.")
    return "" if written.is_null else written.text


def flag(written: Located) -> bool:
    """Read a boolean of YAML 1.1 (`yes` and `on` are true); nothing is false."""
    if written.is_null:
        return False
    if written.kind != "bool":
        raise written.problem(f"`{written.text}` is not true or false.", "Write `true` or `false`.")
    return written.text.lower() in ("y", "yes", "true", "on")


def whole(written: Located) -> int:
    """Read a whole number of 64 bits; nothing is 0."""
    if written.is_null:
        return 0
    try:
        number = _integer(written.text) if written.kind == "int" else int(float(written.text))
    except (ValueError, OverflowError):
        number = 1 << 63
    if written.kind not in ("int", "float") or not -(1 << 63) <= number < 1 << 63:
        raise written.problem(f"`{written.text}` is not a whole number.", "Write digits only, such as `10`.")
    return number


def count(written: Located) -> int:
    """Read a whole number that is not negative."""
    number = whole(written)
    if number < 0:
        raise written.problem(f"`{written.text}` is negative.", "Write 0 or more.")
    return number


def length(written: Located) -> timedelta:
    """Read a length of time as Prometheus writes it: `1ms`, `1h30m`, `2d`, `0`; a year has 365 days."""
    spoken = text(written)
    if spoken == "0" or written.is_null:
        return timedelta(0)
    found = _LENGTH.fullmatch(spoken)
    if not spoken or found is None:
        raise written.problem(
            f"`{spoken}` is not a length of time.",
            "Write numbers with units, largest first: `30s`, `5m`, `1h30m`, `2d`; units y w d h m s ms.",
        )
    parts = {unit: int(number) for unit, number in found.groupdict().items() if number}
    try:
        amount = timedelta(days=365 * parts.pop("years", 0)) + timedelta(**parts)
    except OverflowError:
        amount = MAX_LENGTH
    if amount >= MAX_LENGTH:
        raise written.problem(f"`{spoken}` is longer than 292 years.", "Write a shorter time.")
    return amount


def go_length(written: Located) -> str:
    """Read a length of time as Go writes it (`90s`, `1.5h`) and keep its text."""
    spoken = text(written)
    if not written.is_null and _GO_LENGTH.fullmatch(spoken) is None:
        raise written.problem(f"`{spoken}` is not a length of time.", "Write it as `30s` or `1h`.")
    return spoken


def url(written: Located) -> str | None:
    """Read an http or https address; nothing is None."""
    if written.is_null:
        return None
    spoken = text(written)
    found = _URL.fullmatch(spoken)
    if (
        found is None
        or not _HOST.fullmatch(found["host"])
        or any(ord(sign) < 32 or ord(sign) == 127 for sign in spoken)
        or _BAD_ESCAPE.search(spoken.split("?")[0])
    ):
        raise written.problem(
            "this is not an http or https address.", "Write it as `https://host/path`, spaces as %20."
        )
    return spoken


def secret_url(written: Located) -> str | None:
    """Read an address that may also be the word that stands for a hidden one."""
    return SECRET if written.kind == "str" and written.text == SECRET else url(written)


def host_port(written: Located) -> str:
    """Read `host:port`; nothing is the empty text."""
    spoken = text(written)
    if spoken and _HOST_PORT.fullmatch(spoken) is None:
        raise written.problem(f"`{spoken}` is not `host:port`.", "Write it as `mail.example.com:587`.")
    return spoken


def texts(written: Located) -> tuple[str, ...]:
    """Read a list of texts; nothing is the empty list."""
    return tuple(text(member) for member in sequence(written))


def sequence(written: Located) -> tuple[Located, ...]:
    """Read a list; nothing is the empty list."""
    return () if written.is_null else written.sequence()


def text_map(written: Located) -> dict[str, str]:
    """Read a mapping of texts with free keys; nothing is the empty mapping."""
    if written.is_null:
        return {}
    return {key.text: text(value) for key, value in written.entries()}


def label_name(written: Located) -> str:
    """Read a label name: any text but the empty one, as Alertmanager does since 0.27."""
    name = text(written)
    if not name:
        raise written.problem("a label name is empty.", "Write the label's name.")
    return name


def matchers(written: Located) -> tuple[Matcher, ...]:
    """Read a list of texts with one or more matchers each, in Alertmanager's order."""
    found: list[Matcher] = []
    for member in sequence(written):
        try:
            found += parse_matchers(text(member))
        except ValueError as error:
            raise member.problem(
                f"{error}.", 'Write `name = value` or `name =~ "pattern"`; also != and !~.'
            ) from error
    return in_order(found)


def settings(written: Located, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Read a mapping whose keys are known; those whose value is None are left out."""
    found = written.mapping(fields)
    read = {name: fields[name].read(value) for name, value in found.items()}
    return {name: value for name, value in read.items() if value is not None}


def struct(fields: Mapping[str, Field]) -> Field:
    """Return the field for a mapping with known keys; nothing is None."""
    return Field(read=lambda written: None if written.is_null else settings(written, fields), members=fields)


def structs(fields: Mapping[str, Field]) -> Field:
    """Return the field for a list of mappings with known keys."""
    return Field(
        read=lambda written: tuple(settings(member, fields) for member in sequence(written)), members=fields
    )


def shown(value: Any, about: Field) -> Any:
    """Return a value as it may be shown: secrets inside it as `<secret>`."""
    if about.secrecy is Secrecy.HIDDEN:
        return _hidden(value)
    if about.secrecy is Secrecy.HOST:
        return _host_only(value)
    if isinstance(value, tuple) and about.members:
        return tuple(_shown_mapping(each, about.members) for each in value)
    return _shown_mapping(value, about.members) if about.members else value


def _shown_mapping(value: Mapping[str, Any], members: Mapping[str, Field]) -> dict[str, Any]:
    return {name: shown(each, members[name]) for name, each in value.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_hidden(each) for each in value)
    return SECRET if value else value


def _host_only(value: str) -> str:
    found = _URL.fullmatch(value)
    if found is None:
        return SECRET if value else value
    is_bare = not found["user"] and (found["rest"] or "/") == "/"
    return value if is_bare else f"{found['scheme']}://{found['host']}/{SECRET}"


def _integer(spoken: str) -> int:
    plain = spoken.replace("_", "")
    digits = plain.lstrip("+-")
    sign = "-" if plain.startswith("-") else ""
    if len(digits) > 1 and digits[0] == "0" and digits.isdecimal():
        return int(f"{sign}{digits}", 8)
    return int(f"{sign}{digits}", 0)


def free(written: Located) -> Any:
    """Read any value as plain texts, numbers, lists and mappings."""
    if written.kind == "map":
        return {key.text: free(value) for key, value in written.pairs}
    if written.kind == "seq":
        return tuple(free(member) for member in written.members)
    if written.kind == "bool":
        return flag(written)
    if written.kind == "int":
        return whole(written)
    return None if written.is_null else written.text
