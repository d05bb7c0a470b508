"""Match labels with the matchers that Prometheus users know: `name OP value`, OP one of = != =~ !~."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from tocsin.domain.pack_file import Located

OPERATORS = ("=", "!=", "=~", "!~")
_MATCHER = re.compile(
    r"\s*(?P<label>[^\s=!~\"{},]+)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>.*?)\s*", re.DOTALL
)
_QUOTED = re.compile(r'"(?P<inner>(?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on one label. `pattern` is set for the two regular-expression operators, else None.

    A label that is absent equals the empty text. Patterns are RE2 and must match the whole value.
    """

    label: str
    operator: str
    value: str
    pattern: Any = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """Return the matcher as people write it, the value in double quotes."""
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether the labels satisfy the condition."""
        actual = labels.get(self.label, "")
        equal = actual == self.value if self.pattern is None else self.pattern.fullmatch(actual) is not None
        return equal is not self.operator.startswith("!")


def matcher(label: str, operator: str, value: str) -> Matcher:
    """Return a matcher from its parts. Raises `ValueError` with the reason for a bad operator or pattern."""
    if operator not in OPERATORS:
        raise ValueError(f"`{operator}` is no operator; use one of {', '.join(OPERATORS)}")
    return Matcher(
        label=label,
        operator=operator,
        value=value,
        pattern=_pattern(value) if operator.endswith("~") else None,
    )


def read_matcher(written: Located) -> Matcher:
    """Read one matcher; a value is bare or in double quotes with the escapes `\\\\`, `\\"` and `\\n`.

    Raises `PackProblem`.
    """
    found = _MATCHER.fullmatch(written.string())
    if found is None:
        raise written.problem(
            f"`{written.text}` is not a matcher.",
            'Write `name = value` or `name =~ "pattern"`; also != and !~.',
        )
    if found["value"].startswith("="):
        raise written.problem(
            f"`{written.text}` asks for a value that begins with `=`.",
            'Write one `=` only; or quote the value, if it is meant: `name = "=value"`.',
        )
    value = _unquoted(found["value"], written)
    try:
        return matcher(found["label"], found["operator"], value)
    except ValueError as error:
        raise written.problem(
            f"{error}.", "Correct the pattern; RE2 has no look-around and no back-references."
        ) from error


def _unquoted(value: str, written: Located) -> str:
    if '"' not in value:
        return value
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        raise written.problem(
            f"the quotes of `{written.text}` do not fit.",
            'Quote the whole value; write \\" for a quote inside.',
        )
    return re.sub(r'\\[\\"n]', lambda escape: _ESCAPES[escape.group()], quoted["inner"])


@lru_cache(maxsize=4096)
def _pattern(text: str) -> Any:
    """Compile once: silences are read anew with every batch of alerts."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options=options)
    except re2.error as error:
        raise ValueError(f"`{text}` is not an RE2 pattern ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    reason = error.args[0]
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
