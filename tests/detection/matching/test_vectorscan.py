"""Vectorscan's answers are those of asking one pattern at a time, whatever the text and the processor."""

from __future__ import annotations

import hyperscan
import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.matching import vectorscan
from tocsin.detection.matching.scanners import Pattern, PlainScanner, holds
from tocsin.detection.matching.vectorscan import VectorscanScanner, scanner
from tocsin.detection.sigma.predicates import Op, from_text
from tocsin.detection.sigma.values import Text, Wild, parse

REGEXES = [
    "b+c",
    "(?i)k",
    "(?i)straße",
    r"\bab\b",
    r"a\Sb",
    r"[^\s]",
    "^a.c$",
    "(?m)^b$",
    "(?s)a.*c",
    r"\pL{2}",
    r"\x{e9}",
    "[é-ü]",
    "a{2,3}?b",
    "x*",
    r"\Qa.b\E",
    "(?P<n>a)b",
    "[[:digit:]]+",
    "b$",
    r"\Ba",
    "(a|b)(c|)",
    "\x00",
]
WORDS = ["a", "bc", "é", "ſ", "k", "", "aéb", "\x00", "\\", "ß", "\ud800"]
WILD = ["a*b", "a?b", "*é?", "?", "??*", "\\*?", "*a*b*", "***", "a?*é", "?\x00*", "a*\x00*b"]


def patterns() -> list[Pattern]:
    words = [Pattern(op, word) for op in (Op.CONTAINS, Op.STARTSWITH, Op.ENDSWITH) for word in WORDS]
    likes = [from_text("f", parse(each)) for each in WILD]
    found = [Pattern(each.op, str(each.value)) for each in likes if each.op is Op.LIKE]
    found.append(Pattern(Op.LIKE, r"(?s)\Aa.b.*\z"))
    return [*words, *found, *(Pattern(Op.REGEX, each) for each in REGEXES)]


PATTERNS = patterns()
SCANNER = VectorscanScanner(PATTERNS)
TEXTS = st.text(st.sampled_from("aabbckxé ßſK*?\\.\n\v\t\x00\x1c0ü/😀"), max_size=12)


def expected(text: str) -> list[int]:
    return [place for place, pattern in enumerate(PATTERNS) if holds(pattern)(text)]


@given(TEXTS)
def test_vectorscan_finds_what_each_pattern_finds_alone(text: str) -> None:
    assert sorted(SCANNER.scan(text)) == expected(text)


@given(st.lists(st.sampled_from(["a", "é", "*", ".", "\x00", "1", Wild.ANY, Wild.ONE]), max_size=6), TEXTS)
def test_any_wildcards_mean_the_same(parts: list[str | Wild], text: str) -> None:
    predicate = from_text("f", Text(tuple(parts)))
    if predicate.op is not Op.EQUALS:
        pattern = Pattern(predicate.op, str(predicate.value))
        assert bool(VectorscanScanner([pattern, Pattern(Op.CONTAINS, "q")]).scan(text)) is holds(pattern)(
            text
        )


ATOMS = st.sampled_from(
    ["a", "b", "A", ".", "^", "$", r"\b", r"\B", r"\s", r"\S", r"\w", r"\W", r"\d", r"\D", "[ab]", "[^a]",
     r"[\s-]", r"\x41", r"\.", r"\ ", r"\t", r"\f", r"\r", r"\n", r"\A", r"\z", "[]a]", "[a-cX-Z]", "[^]b]",
     "{", "a{,2}", "-"]
)  # fmt: skip
ALIKE = st.tuples(
    st.sampled_from(["", "(?i)", "(?s)", "(?i)(?s)", "(?is)"]),
    st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.tuples(inner, inner).map(lambda both: f"(?:{both[0]}|{both[1]})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "*?"])).map(
                lambda both: f"({both[0]}){both[1]}"
            ),
        ),
        max_leaves=6,
    ),
).map("".join)
PLAIN = st.text(st.sampled_from("aabbABcxX01_ -{,.$\n\t\r\f\x00\x1c\x85\\é"), max_size=10)


@given(st.lists(ALIKE, min_size=1, max_size=3), st.lists(PLAIN, min_size=1, max_size=6))
def test_vectorscan_is_believed_where_it_reads_a_regular_expression_as_re2_does(
    written: list[str], texts: list[str]
) -> None:
    regexes = [Pattern(Op.REGEX, each) for each in written]
    found = VectorscanScanner([*regexes, Pattern(Op.CONTAINS, "q")])
    assert not found._to_confirm
    for text in texts:
        expected = [place for place, each in enumerate(regexes) if holds(each)(text)]
        assert sorted(found.scan(text)) == expected


@pytest.mark.parametrize(
    "pattern", ["é", r"\pL", r"\x{e9}", r"\Qa\E", "(?P<n>a)", "[[:alpha:]]", r"\v", "a(?i)b", "(?m)^a"]
)
def test_other_regular_expressions_are_confirmed(pattern: str) -> None:
    assert VectorscanScanner([Pattern(Op.REGEX, pattern), Pattern(Op.CONTAINS, "q")])._to_confirm


def test_a_pattern_that_vectorscan_refuses_is_asked_by_itself() -> None:
    refused = Pattern(Op.REGEX, r"\x{1F600}|z")
    found = VectorscanScanner([refused, Pattern(Op.CONTAINS, "a"), Pattern(Op.REGEX, "b")])
    assert sorted(found.scan("az")) == [0, 1]
    assert sorted(found.scan("😀b")) == [0, 2]
    assert found.scan("c") == []


class Shelf:
    """Databases kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def keep(self, key: str, content: bytes) -> None:
        self.kept[key] = content


def test_a_database_is_compiled_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    first = VectorscanScanner(PATTERNS, shelf)
    (kept,) = shelf.kept.values()
    monkeypatch.setattr(vectorscan, "_accepted", None)
    again = VectorscanScanner(PATTERNS, shelf)
    for text in ("abc", "aéb", "k\v", ""):
        assert sorted(again.scan(text)) == sorted(first.scan(text)) == expected(text)
    assert list(shelf.kept.values()) == [kept]


@pytest.mark.parametrize("damage", [lambda kept: kept[:-1], lambda kept: b"", lambda kept: b"x" * len(kept)])
def test_a_damaged_database_is_compiled_anew(damage) -> None:  # type: ignore[no-untyped-def]
    shelf = Shelf()
    words = [Pattern(Op.CONTAINS, word) for word in "abcde"]
    VectorscanScanner(words, shelf)
    ((key, kept),) = shelf.kept.items()
    shelf.kept[key] = damage(kept)
    assert VectorscanScanner(words, shelf).scan("xbx") == [1]
    assert shelf.kept[key] == kept


def test_a_database_for_another_processor_is_compiled_anew() -> None:
    shelf = Shelf()
    words = [Pattern(Op.CONTAINS, word) for word in "abcde"]
    VectorscanScanner(words, shelf)
    ((key, kept),) = shelf.kept.items()
    body = b"\n" + b"no database of this library"
    shelf.kept[key] = vectorscan.sha256(body).digest() + body
    assert VectorscanScanner(words, shelf).scan("xbx") == [1]
    assert shelf.kept[key] == kept


def test_few_patterns_or_no_library_need_only_python(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [Pattern(Op.CONTAINS, word) for word in "abcde"]
    assert isinstance(scanner(words[:3]), PlainScanner)
    assert isinstance(scanner(words), VectorscanScanner)

    def too_large(*_: object) -> None:
        raise hyperscan.error("Pattern is too large.")

    monkeypatch.setattr(vectorscan, "_compiled", too_large)
    assert isinstance(scanner(words), PlainScanner)
    monkeypatch.setattr(vectorscan, "hyperscan", None)
    assert isinstance(scanner(words), PlainScanner)


def test_the_patterns_of_this_test_are_ones_that_rules_may_use() -> None:
    for pattern in REGEXES:
        re2.compile(pattern)
