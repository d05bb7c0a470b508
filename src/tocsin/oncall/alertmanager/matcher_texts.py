"""Read matchers as Alertmanager writes them: several in one text, with or without braces."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.domain.matchers import OPERATORS, Matcher, matcher

_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
# Since 0.27 a name may be any UTF-8 text; bare as long as it holds no sign of the grammar.
_MODERN = re.compile(
    r"\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)+)\"|(?P<bare>[^\s{}!=~,\\\"'`]+))\s*(?P<op>=~|=|!=|!~)\s*(?P<value>.*?)\s*",
    re.DOTALL,
)

_QUOTED = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
_BARE = re.compile(r'(?:[^"\\]|\\.)*\\?', re.DOTALL)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Read a comma-separated list of matchers, optionally in braces, in the order written.

    Raises `ValueError` with the reason.
    """
    inner = text.removeprefix("{").removesuffix("}")
    return tuple(parse_matcher(part) for part in _parts(inner))


def parse_matcher(text: str) -> Matcher:
    """Read one matcher: `name OP value`, the value bare or in double quotes. Raises `ValueError`."""
    found = _CLASSIC.fullmatch(text)
    if found is not None:
        return matcher(found[1], found[2], _value(found[3]))
    wide = _MODERN.fullmatch(text)
    if wide is None:
        raise ValueError(f"`{text}` is not a matcher; write `name = value` or `name =~ pattern`")
    name = wide["bare"] or _unescaped(wide["quoted"])
    return matcher(name, wide["op"], _value(wide["value"]))


def in_order(matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """Return matchers in Alertmanager's order: by name, value, then operator (=, !=, =~, !~)."""
    return tuple(sorted(matchers, key=lambda each: (each.label, each.value, OPERATORS.index(each.operator))))


def braced(matchers: Iterable[Matcher]) -> str:
    """Return `{a="b",c=~"d"}`, as group keys and messages show it."""
    return "{" + ",".join(each.text for each in matchers) + "}"


def _parts(text: str) -> tuple[str, ...]:
    """Split at commas outside quotes; an empty part is kept unless it is the last."""
    parts, start, is_quoted, is_escaped = [], 0, False, False
    for at, sign in enumerate(text):
        if sign == ",":
            # As upstream, a comma does not end what a backslash began.
            if not is_quoted:
                parts.append(text[start:at])
                start = at + 1
            continue
        if sign == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = sign == "\\" and not is_escaped
    last = text[start:].strip()
    return (*parts, last) if last else tuple(parts)


def _value(written: str) -> str:
    """Take the quotes off and the escapes out. Raises `ValueError` for a quote that stands alone."""
    is_quoted = written.startswith('"')
    inner = written.removeprefix('"')
    if (_QUOTED if is_quoted else _BARE).fullmatch(inner) is None:
        raise ValueError(f"`{written}` holds a double quote that is not escaped")
    return _unescaped(inner[:-1] if is_quoted else inner)


def _unescaped(text: str) -> str:
    """Undo `\\\\`, `\\"` and `\\n`; any other backslash stands for itself."""
    return re.sub(r'\\([\\"n])', lambda found: "\n" if found[1] == "n" else found[1], text)
