"""Texts of labels and annotations with values in them: a stated subset of Go's templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.detection.promql.gotext import (
    NotShown,
    humanized,
    humanized_1024,
    humanized_duration,
    humanized_percentage,
    humanized_timestamp,
    plain,
    printed,
)
from tocsin.detection.promql.lexer import tokens_of
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.domain.sample import Labels

_ACTION = re.compile(r"(?:\s*\{\{-\s|\{\{)(.*?)(?:\s-\}\}\s*|\}\})", re.DOTALL)
_COMMENT = re.compile(r"\s*/\*.*\*/\s*", re.DOTALL)
_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)\Z")
_EXTERNAL = re.compile(r"(?:\$externalLabels|\.ExternalLabels)\.[a-zA-Z_][a-zA-Z0-9_]*\Z")
_WORD = re.compile(r"""\s*([()|]|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^\s()|"`]+)""")
_VERB = re.compile(r"%(?:%|[-+# 0]*[0-9]*(?:\.[0-9]*)?[a-zA-Z])")

_TEXT_VERB = re.compile(r"%(?:-?[1-9][0-9]*)?(?:\.[0-9]+)?[sv]")
# Without a precision Go prints the shortest digits, which no other width or flag may change here.
_NUMBER_VERB = re.compile(r"%[vg]|%[-+# 0]*[0-9]*(?:\.[0-9]*)?[eEfF]|%[-+# 0]*[0-9]*\.[0-9]*[gG]")

_Value = str | float
_Evaluated = Callable[[Labels, float], _Value]

_FORMS: dict[str, Callable[[_Value], str]] = {
    "humanize": humanized,
    "humanize1024": humanized_1024,
    "humanizeDuration": humanized_duration,
    "humanizePercentage": humanized_percentage,
    "humanizeTimestamp": humanized_timestamp,
}
_CASES: dict[str, Callable[[str], str]] = {"toLower": str.lower, "toUpper": str.upper}
_VALUES = frozenset({"$value", ".Value"})
_URLS = frozenset({"$externalURL", ".ExternalURL"})


@dataclass(frozen=True, slots=True)
class _Typed:
    """Something that has a value for each alert, and which kind that is."""

    value: _Evaluated
    is_text: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes. `text` is how its author wrote it."""

    text: str
    parts: tuple[str | _Typed, ...]

    def expanded(self, labels: Mapping[str, str], value: float) -> str:
        """Fill the holes; what cannot be shown says so in the text, as in Prometheus."""
        pairs = tuple(labels.items())
        try:
            return "".join(
                part if isinstance(part, str) else _shown(part.value(pairs, value)) for part in self.parts
            )
        except NotShown as reason:
            return f"<error expanding template: {reason}>"


def compiled(text: str) -> Template:
    """Read a template. Raises `ExpressionRefused` for what is outside the subset."""
    return Template(text, tuple(_parts(text)))


def _shown(value: _Value) -> str:
    return value if isinstance(value, str) else plain(value)


def _parts(text: str) -> Iterator[str | _Typed]:
    end = 0
    for action in _ACTION.finditer(text):
        yield _literal(text, end, action.start())
        end = action.end()
        if not _COMMENT.fullmatch(action[1]):
            yield _Pipeline(action[1], action.start(1)).whole()
    yield _literal(text, end, len(text))


def _literal(text: str, start: int, end: int) -> str:
    if "{{" in text[start:end]:
        raise ExpressionRefused(text.index("{{", start), "This `{{` is not closed.", "Close it with `}}`.")
    return text[start:end]


class _Pipeline:
    """One action: commands, each handing its value to the next as the last argument."""

    def __init__(self, text: str, offset: int) -> None:
        self._words = [(found[1], offset + found.start(1)) for found in _WORD.finditer(text)]
        self._end = offset + len(text)
        self._index = 0

    def whole(self) -> _Typed:
        found = self._piped()
        if self._index < len(self._words):
            raise self._outside()
        return found

    def _outside(self) -> ExpressionRefused:
        word, at = (
            self._words[self._index] if self._index < len(self._words) else ("an empty action", self._end)
        )
        return ExpressionRefused(
            at,
            f"`{word}` is outside the subset of templates.",
            "Use $labels.name, $value, printf, humanize and the others of docs/promql.md.",
        )

    def _peek(self) -> str:
        return self._words[self._index][0] if self._index < len(self._words) else ""

    def _taken(self) -> str:
        word = self._peek()
        self._index += 1
        return word

    def _piped(self) -> _Typed:
        found = self._command(None)
        while self._peek() == "|":
            self._index += 1
            found = self._command(found)
        return found

    def _command(self, piped: _Typed | None) -> _Typed:
        word, at = self._peek(), self._index
        if word != "printf" and word not in _FORMS and word not in _CASES:
            if piped is not None:
                raise self._outside()
            return self._operand()
        self._index += 1
        arguments = []
        while self._peek() not in ("", "|", ")"):
            arguments.append(self._operand())
        if piped is not None:
            arguments.append(piped)
        place = self._words[at][1]
        if word == "printf":
            return _printf(arguments, place)
        if len(arguments) != 1:
            raise ExpressionRefused(place, f"`{word}` takes one value, not {len(arguments)}.")
        return _changed(word, arguments[0], place)

    def _operand(self) -> _Typed:
        word = self._peek()
        if word == "(":
            self._index += 1
            found = self._piped()
            if self._taken() != ")":
                raise ExpressionRefused(self._end, "A bracket is not closed.", "Close it with `)`.")
            return found
        found_operand = _operand(word, self._words[self._index][1] if word else self._end)
        if found_operand is None:
            raise self._outside()
        self._index += 1
        return found_operand


def _operand(word: str, at: int) -> _Typed | None:
    """Return what a word stands for, None when it stands for nothing we know."""
    if word in _VALUES:
        return _Typed(lambda _, value: value, is_text=False)
    if named := _LABEL.match(word):
        name = named[1]
        return _Typed(lambda labels, _: dict(labels).get(name, ""), is_text=True)
    if word in _URLS or _EXTERNAL.match(word):
        # We belong to no Prometheus server, so there are no labels and no address of one.
        return _Typed(lambda *_: "", is_text=True)
    if word[:1] in ('"', "`"):
        try:
            text = tokens_of(word)[0].text
        except ExpressionRefused as refused:
            raise ExpressionRefused(at + refused.offset, refused.happened, refused.next_step) from None
        return _Typed(lambda *_: text, is_text=True)
    return None


def _changed(word: str, argument: _Typed, at: int) -> _Typed:
    inner = argument.value
    if word in _FORMS:
        form = _FORMS[word]
        return _Typed(lambda labels, value: form(inner(labels, value)), is_text=True)
    if not argument.is_text:
        raise ExpressionRefused(at, f"`{word}` takes text, not a number.")
    case = _CASES[word]
    return _Typed(lambda labels, value: case(str(inner(labels, value))), is_text=True)


def _printf(arguments: list[_Typed], at: int) -> _Typed:
    """Compile printf; its verbs must fit the kinds of what follows, so that nothing can fail later."""
    form = _constant(arguments, at)
    pieces: list[str | tuple[str, _Evaluated]] = []
    rest = iter(arguments[1:])
    end = 0
    for verb in _VERB.finditer(form):
        pieces.append(form[end : verb.start()])
        end = verb.end()
        if verb.group() == "%%":
            pieces.append("%")
            continue
        argument = next(rest, None)
        if argument is None or not _fits(verb.group(), argument):
            raise ExpressionRefused(at, f"`{verb.group()}` of printf has no value of its kind.")
        pieces.append((verb.group(), argument.value))
    pieces.append(form[end:])
    if next(rest, None) is not None or "%" in _VERB.sub("", form):
        raise ExpressionRefused(at, "The verbs of printf and its values do not agree.")
    return _Typed(
        lambda labels, value: "".join(
            piece if isinstance(piece, str) else _verb(piece[0], piece[1](labels, value)) for piece in pieces
        ),
        is_text=True,
    )


def _constant(arguments: list[_Typed], at: int) -> str:
    """Return the format, which must be written out: then it is the same for every alert."""
    form = arguments[0].value((), 0.0) if arguments and arguments[0].is_text else None
    if not isinstance(form, str):
        raise ExpressionRefused(at, "printf needs a format in quotes.", 'Write printf "%.2f" $value.')
    return form


def _fits(verb: str, argument: _Typed) -> bool:
    return (_TEXT_VERB if argument.is_text else _NUMBER_VERB).fullmatch(verb) is not None


def _verb(verb: str, value: _Value) -> str:
    if isinstance(value, str):
        return f"{verb[:-1]}s" % value
    return plain(value) if verb in ("%v", "%g") else printed(verb.replace("F", "f"), value)
