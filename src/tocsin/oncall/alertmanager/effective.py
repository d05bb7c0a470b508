"""Write a configuration out as YAML that any Alertmanager tool reads, with no secret in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


def written_out(value: Mapping[str, Any]) -> str:
    """Return a mapping of texts, numbers, booleans, None, times, lists and mappings as block YAML.

    Every text that another reader could take for something else is quoted.
    """
    return "".join(f"{line}\n" for line in _mapping(value, ""))


def length_text(amount: timedelta) -> str:
    """Return a length of time as Prometheus writes it: `1h30m`, `5m`, `1ms`, `0s`."""
    left = amount // timedelta(milliseconds=1)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, each in value.items():
        yield from _entry(f"{indent}{_text(name)}:", each, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, f"{indent}  ")
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield head
        for each in value:
            yield from _member(each, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _member(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        first, *others = _mapping(value, f"{indent}  ")
        yield f"{indent}- {first[len(indent) + 2 :]}"
        yield from others
    else:
        yield f"{indent}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return length_text(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    return "{}" if isinstance(value, Mapping) else json.dumps(list(value), ensure_ascii=False)


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return "".join(_sign(sign) for sign in json.dumps(value, ensure_ascii=False))


def _sign(sign: str) -> str:
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"
