"""Sigma's value modifiers, applied left to right (S6-S11, S15-S17, S23)."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import re2  # type: ignore[import-untyped]

from tocsin.detection.sigma.document import Plain
from tocsin.detection.sigma.predicates import TIME_PARTS, regex
from tocsin.detection.sigma.values import Text, Wild, literal, parse


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression and its flags."""

    source: str
    flags: str = ""

    @property
    def full(self) -> str:
        """Return the pattern with its flags in front."""
        return f"(?{self.flags}){self.source}" if self.flags else self.source


@dataclass(frozen=True, slots=True)
class Network:
    """An IPv4 or IPv6 network."""

    cidr: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A numeric comparison (lt, lte, gt, gte)."""

    op: str
    number: float


@dataclass(frozen=True, slots=True)
class DatePart:
    """A part of a date compared with a number."""

    part: str
    number: float
    op: str = "number"


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the field must be there."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class OtherField:
    """The name of a field to compare with; `where` is empty, contains, startswith or endswith."""

    name: str
    where: str = ""


Value = Text | Pattern | Network | Bound | DatePart | Presence | OtherField | bytes | int | float | None


class ModifierMisused(Exception):
    """A modifier that is unknown or cannot take this value; carries the reason and the next step."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class Chain:
    """The modifiers of one key: those that change values, and those that change how values combine.

    `expand` stands among the changes, but its placeholders are resolved before any of them.
    """

    changes: tuple[str, ...]
    every: bool
    negated: bool


_JOINING = ("all", "neq")


def chain(names: Sequence[str]) -> Chain:
    """Return the modifiers in order. Raises ModifierMisused for a name that Sigma does not know."""
    for name in names:
        if name not in CHANGES and name not in (*_JOINING, "expand"):
            raise ModifierMisused(
                f"The modifier `{name}` is unknown.",
                f"Use one of: {', '.join(sorted([*CHANGES, *_JOINING, 'expand']))}.",
            )
    changes = tuple(name for name in names if name not in _JOINING)
    return Chain(changes, every="all" in names, negated="neq" in names)


def variants(value: Plain, changes: tuple[str, ...]) -> tuple[Value, ...]:
    """Return the values that one written value stands for; a field matches if any of them does.

    Raises ModifierMisused where a modifier cannot take the value.
    """
    found: tuple[Value, ...] = (_start(value, changes),)
    for change in changes:
        found = tuple(result for each in found for result in CHANGES[change](each))
    return tuple(_decoded(each) for each in found)


def _start(value: Plain, changes: tuple[str, ...]) -> Value:
    if value is None:
        if changes:
            raise ModifierMisused("`null` takes no modifier.", "Write `field: null`, or use `exists`.")
        return None
    if isinstance(value, bool):
        return Text(("true" if value else "false",))
    if isinstance(value, str):
        return Text((value,)) if RAW.intersection(changes) else parse(value)
    return value


def _decoded(value: Value) -> Value:
    if not isinstance(value, bytes):
        return value
    try:
        return literal(value.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ModifierMisused(
            "UTF-16 bytes of this value are not text by themselves.",
            "Put `base64` or `base64offset` behind it.",
        ) from error


def _word(value: Value, name: str) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, int | float):
        return literal(str(value))
    raise ModifierMisused(
        f"`{name}` cannot stand behind the modifiers before it.", "Check the order of modifiers."
    )


def _plain(value: Value, name: str) -> str:
    text = _word(value, name).literal
    if text is None:
        raise ModifierMisused(
            f"`{name}` takes no wildcards.", "Write the value out, or escape `*` and `?` with `\\`."
        )
    return text


def _number(value: Value, name: str) -> float:
    if isinstance(value, int | float):
        return value
    try:
        return float(_plain(value, name))
    except ValueError as error:
        raise ModifierMisused(
            f"`{name}` needs a number.", "Write a plain number, without quotes or units."
        ) from error


def _where(name: str) -> Callable[[Value], tuple[Value, ...]]:
    def opened(value: Value) -> tuple[Value, ...]:
        if isinstance(value, Pattern):
            # The search is unanchored already, so a `.*` on either side would change nothing.
            return (value,)
        if isinstance(value, OtherField):
            return (replace(value, where=name),)
        text = _word(value, name)
        if text.padded:
            text = Text(
                tuple(p.rstrip("=") if isinstance(p, str) else p for p in text.parts), cased=text.cased
            )
        if name != "startswith":
            text = text.open_start()
        return (text.open_end() if name != "endswith" else text,)

    return opened


def _cased(value: Value) -> tuple[Value, ...]:
    return (replace(_word(value, "cased"), cased=True),)


def _re(value: Value) -> tuple[Value, ...]:
    source = _plain(value, "re")
    try:
        regex(source)
    except re2.error as error:
        raise ModifierMisused(
            f"The regular expression is refused by the linear-time engine: {_words(error)}.",
            "Rewrite it without look-around, back-references, possessive repeats and repeats above 1,000.",
        ) from error
    return (Pattern(source),)


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _flag(name: str) -> Callable[[Value], tuple[Value, ...]]:
    def flagged(value: Value) -> tuple[Value, ...]:
        if not isinstance(value, Pattern):
            raise ModifierMisused(f"`{name}` is a flag of `re`.", "Put it behind `re`.")
        return (replace(value, flags=value.flags + name),)

    return flagged


def _cidr(value: Value) -> tuple[Value, ...]:
    written = _plain(value, "cidr")
    try:
        ipaddress.ip_network(written)
    except ValueError as error:
        raise ModifierMisused(
            f"`{written}` is not a network: {error}.", "Write the network's own address."
        ) from error
    return (Network(written),)


def _utf16(encoding: str, mark: bytes) -> Callable[[Value], tuple[Value, ...]]:
    def encoded(value: Value) -> tuple[Value, ...]:
        return (mark + _plain(value, encoding).encode(encoding, "surrogatepass"),)

    return encoded


def _octets(value: Value, name: str) -> bytes:
    return value if isinstance(value, bytes) else _plain(value, name).encode("utf-8", "surrogatepass")


def _base64(value: Value) -> tuple[Value, ...]:
    return (replace(literal(base64.b64encode(_octets(value, "base64")).decode("ascii")), padded=True),)


def _base64offset(value: Value) -> tuple[Value, ...]:
    octets = _octets(value, "base64offset")
    shifted = []
    for shift in range(3):
        # The first characters mix with what precedes, the last with what follows: cut by byte length (S10).
        end = (None, -3, -2)[(len(octets) + shift) % 3]
        shifted.append(
            literal(base64.b64encode(b" " * shift + octets).decode("ascii")[(0, 2, 3)[shift] : end])
        )
    return tuple(shifted)


DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
# Five dashes in place of each: 125 variants are the bound that Sigma's authors live with.
MOST_DASHES = 3
_DASH = re.compile("\\B[-/\u2013\u2014\u2015]\\b")


def _windash(value: Value) -> tuple[Value, ...]:
    text = _word(value, "windash")
    if sum(len(_DASH.findall(part)) for part in text.parts if isinstance(part, str)) > MOST_DASHES:
        raise ModifierMisused(
            f"`windash` allows at most {MOST_DASHES} dashes in one value.", "Split the value with `|all`."
        )
    return text.mapped(_dashed)


def _dashed(run: str) -> tuple[str, ...]:
    pieces = _DASH.split(run)
    found = [pieces[0]]
    for piece in pieces[1:]:
        found = [head + dash + piece for head in found for dash in DASHES]
    return tuple(found)


def _bound(name: str) -> Callable[[Value], tuple[Value, ...]]:
    def bounded(value: Value) -> tuple[Value, ...]:
        if isinstance(value, DatePart):
            return (replace(value, op=name),)
        return (Bound(name, _number(value, name)),)

    return bounded


def _part(name: str) -> Callable[[Value], tuple[Value, ...]]:
    return lambda value: (DatePart(name, _number(value, name)),)


def _exists(value: Value) -> tuple[Value, ...]:
    wanted = {"true": True, "false": False}.get(_plain(value, "exists"))
    if wanted is None:
        raise ModifierMisused("`exists` takes true or false.", "Write `field|exists: true`.")
    return (Presence(wanted),)


def _fieldref(value: Value) -> tuple[Value, ...]:
    # Wildcards that `contains` added before belong to the comparison, not to the name.
    text = _word(value, "fieldref")
    opened, closed = text.parts[:1] == (Wild.ANY,), text.parts[-1:] == (Wild.ANY,)
    where = {(True, True): "contains", (True, False): "endswith", (False, True): "startswith"}.get(
        (opened, closed), ""
    )
    bare = Text(text.parts[int(opened) : len(text.parts) - int(closed)])
    return (OtherField(_plain(bare, "fieldref"), where),)


# The modifiers whose value is taken as written, without Sigma's escapes and wildcards (S8).
RAW = frozenset({"re", "cidr", "fieldref"})

CHANGES: dict[str, Callable[[Value], tuple[Value, ...]]] = {
    "contains": _where("contains"),
    "startswith": _where("startswith"),
    "endswith": _where("endswith"),
    "cased": _cased,
    "re": _re,
    **{name: _flag(name) for name in "ims"},
    "cidr": _cidr,
    "wide": _utf16("utf-16-le", b""),
    "utf16le": _utf16("utf-16-le", b""),
    "utf16be": _utf16("utf-16-be", b""),
    "utf16": _utf16("utf-16-le", b"\xff\xfe"),
    "base64": _base64,
    "base64offset": _base64offset,
    "windash": _windash,
    **{name: _bound(name) for name in ("lt", "lte", "gt", "gte")},
    **{name: _part(name) for name in TIME_PARTS},
    "exists": _exists,
    "fieldref": _fieldref,
}
