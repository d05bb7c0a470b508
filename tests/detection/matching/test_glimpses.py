"""A glimpse at raw lines never rules out a keyword that a record holds."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin.detection.matching import glimpses
from tocsin.detection.matching.glimpses import ESCAPES, FOLDING, Glimpse, covering, needle, spellings
from tocsin.detection.sigma.predicates import Op, Predicate, from_text
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import Interned
from tocsin.detection.sigma.values import parse

WORDS = ["kis::five", "*mimikatz*", "*some\\\\path*", "a*kiss?off", "*STRASSE*", "efface*"]
KEYWORDS = [from_text(None, parse(word)) for word in WORDS]
NEEDLES = [found for each in KEYWORDS if (found := needle(each)) is not None]


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (Predicate(None, Op.CONTAINS, "mimikatz"), b"mimikatz"),
        (Predicate(None, Op.EQUALS, 'a"longer\\run'), b"longer"),
        (Predicate(None, Op.STARTSWITH, "/usr/sbin"), b"sbin"),
        (Predicate(None, Op.ENDSWITH, "ab"), None),
        (Predicate(None, Op.CONTAINS, "1.5e+10"), None),
        (Predicate(None, Op.CONTAINS, "ééé"), None),
        (Predicate(None, Op.CONTAINS, "MiXed", cased=True), b"mixed"),
        (from_text(None, parse("*wget *- http*")), b"- http"),
        (Predicate(None, Op.LIKE, r"(?s)\A.*a\*bc.d.*\z"), b"a*bc"),
        (Predicate(None, Op.REGEX, "abcd"), None),
        (Predicate(None, Op.FIELD, "other"), None),
    ],
)
def test_a_needle_is_what_every_such_line_holds(predicate: Predicate, expected: bytes | None) -> None:
    assert needle(predicate) == expected


def test_few_texts_cover_all_needles() -> None:
    needles = [b"kerberos::golden", b"kerberos::ptt", b"abc", b"xkerberos::"]
    chosen = covering(needles)
    assert len(chosen) == 2
    assert all(any(part in each for part in chosen) for each in needles)
    assert covering([]) == []


def test_every_character_that_folds_to_ascii_letters_is_known() -> None:
    folding = {chr(c) for c in range(0x80, 0x110000) if any(x < "\x80" for x in chr(c).casefold())}
    assert folding == set(FOLDING)
    starts = {each.decode().lower() for each in ESCAPES}
    assert {f"\\u{ord(each):04x}"[:4] for each in folding} | {"\\u00"} == starts


LETTERS = "fiksjhtwyan:x"


@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=5), st.data())
def test_each_way_to_write_a_needle_is_known(needle: str, draw: st.DataObject) -> None:
    text = draw.draw(st.text(st.sampled_from(LETTERS + FOLDING), max_size=8))
    assume(spellings(needle) != set(FOLDING))
    ways = {needle, *spellings(needle)}
    assert (needle in text.casefold()) is any(each in text for each in ways)
    for each in ways:
        assert needle in each.casefold()


def test_a_needle_with_too_many_spellings_is_looked_for_by_its_characters() -> None:
    assert spellings("ssssssssss") == set(FOLDING)
    assert spellings("mim") == set()


PIECES = st.sampled_from(
    ["kis::five", "mimikatz", "some\\path", "a-kiss-off", "straße", "STRASSE", "\u212ais::five", "eﬀace", "k",
     "S", "a\u212aissxoff", "ſome\\path", "é", "x", "MIMIKATZ"]
)  # fmt: skip
VALUES = st.lists(PIECES, max_size=3).map("".join) | st.integers(-9, 9) | st.none()


@pytest.fixture(name="either", params=[True, False], ids=["vectorscan", "plain"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Glimpse:
    if not request.param:
        monkeypatch.setattr(glimpses, "hyperscan", None)
    return Glimpse(NEEDLES)


def escaped(text: str) -> bytes:
    """Write every character as an escape."""
    return b'{"a":"' + b"".join(b"\\u%04x" % ord(character) for character in text) + b'"}'


def written(record: dict[str, Any]) -> list[bytes]:
    return [orjson.dumps(record), json.dumps(record).encode(), escaped(str(record.get("a")))]


INTERNED = Interned()
VERDICTS = [INTERNED.compile(each) for each in KEYWORDS if needle(each) is not None]


@pytest.mark.parametrize("use_vectorscan", [True, False])
def test_a_clean_line_holds_no_keyword(use_vectorscan: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not use_vectorscan:
        monkeypatch.setattr(glimpses, "hyperscan", None)
    glimpse = Glimpse(NEEDLES)

    @given(st.dictionaries(st.sampled_from("abc"), VALUES | st.lists(VALUES, max_size=2)))
    def holds(record: dict[str, Any]) -> None:
        for line in written(record):
            facts = Facts(orjson.loads(line), Memo())
            if any(verdict(facts) for verdict in VERDICTS):
                assert glimpse.suspects([b"{}", line]) == [1]

    holds()


def test_ordinary_lines_are_clean(either: Glimpse) -> None:
    lines = [b'{"path":"C:\\\\users\\\\ada","n":1.5}', '{"name":"Zoë Müller"}'.encode()]
    assert either.suspects(lines) == []
    assert either.suspects([*lines, b'{"a":"MIMIkatz"}', *lines]) == [2]
    assert not either.clean('{"a":"stra\u00dfe"}'.encode())
    assert not either.clean(b'{"a":"\\u006dimikatz"}')
