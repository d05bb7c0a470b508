"""The functions that templates may call: Go's own and Alertmanager's, each bounded."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2  # type: ignore[import-untyped]

from tocsin.oncall.alertmanager.template_view import AlertView, View, default_time, go_time, moved

MAX_TEXT = 262_144
"""Characters that one template may print, and that any text within it may have."""

MAX_WIDTH = 1000
"""The widest field of printf."""


class Refused(Exception):
    """A function cannot do what was asked; its text says why."""


class Html(str):
    """A text that its author declared to be HTML already (`safeHtml`)."""

    __slots__ = ()


def escaped(text: str) -> str:
    """Return a text with what means something in HTML as entities, the same as Go's."""
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


def spoken(value: Any) -> str:
    """Return a value as Go prints it."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<no value>"
    if isinstance(value, datetime):
        return default_time(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{' '.join(spoken(each) for each in value)}]"
    if isinstance(value, View | AlertView):
        return f"{{{' '.join(spoken(getattr(value, each.name)) for each in fields(value))}}}"
    return str(value)


def is_true(value: Any) -> bool:
    """Say whether `if` takes a value for true: not empty, not zero, not nothing."""
    if isinstance(value, str | Mapping | tuple | bool | int | float):
        return bool(value)
    return value is not None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"a text is needed, not {spoken(value)[:40]}")
    return value


def _texts(value: Any) -> Sequence[str]:
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        raise Refused("a list of texts is needed")
    return value


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise Refused("a time is needed")
    return value


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, Mapping | tuple):
        return len(value)
    raise Refused(f"{spoken(value)} has no length")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(_text(key), "")
        elif isinstance(value, tuple | str) and isinstance(key, int) and not isinstance(key, bool):
            # A text's members are its bytes, as in Go.
            members = value.encode("utf-8", "replace") if isinstance(value, str) else value
            if not 0 <= key < len(members):
                raise Refused(f"there is no member {key}")
            value = members[key]
        else:
            raise Refused("only a list has members by number, and labels by name")
    return value


def _kind(value: Any) -> type:
    kinds = (bool, str, int, float)
    return next((kind for kind in kinds if isinstance(value, kind)), type(value))


def _comparable(first: Any, second: Any) -> None:
    if _kind(first) is not _kind(second) or isinstance(first, Mapping | tuple | View | AlertView):
        raise Refused(f"{spoken(first)[:40]} and {spoken(second)[:40]} cannot be compared")


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise Refused("eq needs two values")
    for each in others:
        _comparable(first, each)
    return any(first == each for each in others)


def _less(first: Any, second: Any) -> bool:
    _comparable(first, second)
    if not isinstance(first, str | int | float) or isinstance(first, bool):
        raise Refused("only texts and numbers have an order")
    return bool(first < second)


@lru_cache(maxsize=256)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options=options)
    except re2.error as error:
        raise Refused(f"`{text}` is not an RE2 pattern") from error


def _replaced(pattern: str, replacement: str, text: str) -> str:
    found = _pattern(_text(pattern))
    _text(replacement)
    left, parts, size = 0, [], 0
    for each in found.finditer(_text(text)):
        parts += [text[left : each.start()], _expanded(replacement, each)]
        left = each.end()
        size += len(parts[-2]) + len(parts[-1])
        if size > MAX_TEXT:
            raise Refused(f"a text grows over {MAX_TEXT} characters")
    return "".join((*parts, text[left:]))


def _expanded(replacement: str, found: Any) -> str:
    """Expand `$1`, `$name` and `${name}` as Go does; a group that is not there is empty."""

    def group(named: re.Match[str]) -> str:
        if named[0] == "$$":
            return "$"
        name = named["braced"] or named["bare"]
        groups = found.groupdict()
        if name.isdecimal():
            number = int(name[:6])
            return found.group(number) or "" if number <= len(found.groups()) else ""
        return groups.get(name) or ""

    return _REFERENCE.sub(group, replacement)


_REFERENCE = re.compile(r"\$\$|\$\{(?P<braced>\w+)\}|\$(?P<bare>\w+)")


def _title(text: Any) -> str:
    return re.sub(r"[^\W\d_][\w'’]*", lambda found: found[0][:1].upper() + found[0][1:].lower(), _text(text))


def _printf(layout: Any, *values: Any) -> str:
    """Format as Go's Sprintf for %s %v %q %d %t %f %x %%, with width and precision."""
    left = list(values)

    def one(found: re.Match[str]) -> str:
        if found["verb"] == "%":
            return "%"
        if not left:
            return f"%!{found['verb']}(MISSING)"
        return _formatted(found, left.pop(0))

    text = _VERB.sub(one, _text(layout))
    extra = ", ".join(f"{_go_type(each)}={spoken(each)}" for each in left)
    return f"{text}%!(EXTRA {extra})" if extra else text


_VERB = re.compile(r"%(?P<flags>[-+ 0#]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<verb>[a-zA-Z%])")


def _formatted(found: re.Match[str], value: Any) -> str:
    width, precision = int(found["width"] or 0), int(found["precision"] or 0)
    if max(width, precision) > MAX_WIDTH:
        raise Refused(f"a field is wider than {MAX_WIDTH}")
    cut = None if found["precision"] is None else precision
    text = _by_verb(found["verb"], value, cut)
    if text is None:
        return f"%!{found['verb']}({_go_type(value)}={spoken(value)})"
    if "-" in found["flags"]:
        return text.ljust(width)
    fill = "0" if "0" in found["flags"] else " "
    return text.zfill(width) if fill == "0" else text.rjust(width)


def _by_verb(verb: str, value: Any, cut: int | None) -> str | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if verb in "sv" and (verb == "v" or not isinstance(value, bool | int | float)):
        return spoken(value)[:cut]
    if verb == "q" and isinstance(value, str):
        return json.dumps(value[:cut], ensure_ascii=False)
    if verb == "t" and isinstance(value, bool):
        return spoken(value)
    if verb == "d" and is_whole:
        return str(value)
    if verb == "x" and (is_whole or isinstance(value, str)):
        return value.encode("utf-8", "replace").hex() if isinstance(value, str) else f"{value:x}"
    if verb == "c" and is_whole and 0 <= value < 0x110000:
        return chr(value)
    if verb == "f" and isinstance(value, float):
        return f"{value:.{6 if cut is None else cut}f}"
    return None


def _go_type(value: Any) -> str:
    names = {bool: "bool", str: "string", int: "int", float: "float64"}
    return names.get(_kind(value), "value")


def _zone(name: Any, at: Any) -> datetime:
    try:
        return moved(_time(at), ZoneInfo(_text(name)))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"`{name}` is not a time zone") from error


def _print(*values: Any) -> str:
    """Join as Go's Sprint: a space between two values of which neither is a text."""
    text = ""
    for at, each in enumerate(values):
        gap = at and not isinstance(each, str) and not isinstance(values[at - 1], str)
        text += f"{' ' if gap else ''}{spoken(each)}"
    return text


def _println(*values: Any) -> str:
    return " ".join(spoken(each) for each in values) + "\n"


_JS_SIGNS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    **{sign: f"\\u{ord(sign):04X}" for sign in "<>&=\n\r\t\u2028\u2029"},
}
_JS = re.compile("|".join(re.escape(sign) for sign in _JS_SIGNS))

FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = MappingProxyType(
    {
        "date": (lambda layout, at: go_time(_time(at), _text(layout)), 2, 2),
        "eq": (_eq, 2, 99),
        "ge": (lambda first, second: not _less(first, second), 2, 2),
        "gt": (lambda first, second: _less(second, first), 2, 2),
        "html": (lambda text: Html(escaped(spoken(text))), 1, 1),
        "index": (_index, 1, 9),
        "join": (lambda gap, texts: _text(gap).join(_texts(texts)), 2, 2),
        "js": (lambda text: _JS.sub(lambda found: _JS_SIGNS[found[0]], spoken(text)), 1, 1),
        "le": (lambda first, second: not _less(second, first), 2, 2),
        "len": (_length, 1, 1),
        "lt": (_less, 2, 2),
        "match": (lambda pattern, text: _pattern(_text(pattern)).search(_text(text)) is not None, 2, 2),
        "ne": (lambda first, second: not _eq(first, second), 2, 2),
        "not": (lambda value: not is_true(value), 1, 1),
        "print": (_print, 0, 99),
        "printf": (_printf, 1, 99),
        "println": (_println, 0, 99),
        "reReplaceAll": (_replaced, 3, 3),
        "safeHtml": (lambda text: Html(_text(text)), 1, 1),
        "stringSlice": (lambda *texts: tuple(_text(each) for each in texts), 0, 99),
        "title": (_title, 1, 1),
        "toLower": (lambda text: _text(text).lower(), 1, 1),
        "toUpper": (lambda text: _text(text).upper(), 1, 1),
        "trimSpace": (lambda text: _text(text).strip(), 1, 1),
        "tz": (_zone, 2, 2),
        "urlquery": (lambda text: quote_plus(spoken(text)), 1, 1),
    }
)
"""Each function with the least and the most values it takes. `and` and `or` are the renderer's own."""
