"""Every modifier: what a written value becomes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.sigma.modifiers import (
    CHANGES,
    DASHES,
    Bound,
    Chain,
    DatePart,
    ModifierMisused,
    Network,
    OtherField,
    Pattern,
    Presence,
    chain,
    variants,
)
from tocsin.detection.sigma.values import Text, Wild

ANY = Wild.ANY


def text(*parts: Any, cased: bool = False) -> Text:
    return Text(parts, cased=cased)


@pytest.mark.parametrize(
    ("value", "names", "found"),
    [
        ("a", "", (text("a"),)),
        (5, "", (5,)),
        (None, "", (None,)),
        (True, "", (text("true"),)),
        ("a", "contains", (text(ANY, "a", ANY),)),
        (5, "contains", (text(ANY, "5", ANY),)),
        ("a", "startswith", (text("a", ANY),)),
        ("a", "endswith", (text(ANY, "a"),)),
        ("A", "cased", (text("A", cased=True),)),
        ("A", "cased|contains", (text(ANY, "A", ANY, cased=True),)),
        (r"\d+\*", "re", (Pattern(r"\d+\*"),)),
        ("a", "re|i|m|s", (Pattern("a", "ims"),)),
        ("a|b", "re|contains", (Pattern("a|b"),)),
        ("10.0.0.0/8", "cidr", (Network("10.0.0.0/8"),)),
        ("foo", "base64", (Text(("Zm9v",), padded=True),)),
        ("foob", "base64|contains", (text(ANY, "Zm9vYg", ANY),)),
        ("foob*", "base64", None),
        ("/bin/bash", "base64offset", (text("L2Jpbi9iYXNo"), text("9iaW4vYmFza"), text("vYmluL2Jhc2"))),
        ("ping", "wide|base64", (Text(("cABpAG4AZwA=",), padded=True),)),
        ("ping", "utf16le|base64", (Text(("cABpAG4AZwA=",), padded=True),)),
        ("ping", "utf16be|base64", (Text(("AHAAaQBuAGc=",), padded=True),)),
        ("ping", "utf16|base64", (Text(("//5wAGkAbgBnAA==",), padded=True),)),
        ("hi", "wide", (text("h\0i\0"),)),
        ("é", "wide", None),
        ("-f", "windash", tuple(text(dash + "f") for dash in DASHES)),
        ("a-f", "windash", (text("a-f"),)),
        ("x \u2013f", "windash", tuple(text(f"x {dash}f") for dash in DASHES)),
        ("-f", "windash|contains", tuple(text(ANY, dash + "f", ANY) for dash in DASHES)),
        ("-a -b -c -d", "windash", None),
        (5, "lt", (Bound("lt", 5),)),
        ("5.5", "lte", (Bound("lte", 5.5),)),
        (5, "gt", (Bound("gt", 5),)),
        (5, "gte", (Bound("gte", 5),)),
        ("five", "gte", None),
        ("a*", "gte", None),
        (9, "hour", (DatePart("hour", 9),)),
        (9, "hour|gte", (DatePart("hour", 9, "gte"),)),
        (True, "exists", (Presence(True),)),
        ("false", "exists", (Presence(False),)),
        ("maybe", "exists", None),
        ("other", "fieldref", (OtherField("other"),)),
        ("other", "fieldref|endswith", (OtherField("other", "endswith"),)),
        ("other", "contains|fieldref", (OtherField("other", "contains"),)),
        ("other", "startswith|fieldref", (OtherField("other", "startswith"),)),
        (None, "contains", None),
        ("(?=a)", "re", None),
        (r"(a)\1", "re", None),
        ("10.0.0.1/8", "cidr", None),
        ("a", "i", None),
        ("a", "re|cased", None),
        ("a", "re|windash", None),
    ],
)
def test_a_value_becomes_what_its_modifiers_say(
    value: Any, names: str, found: tuple[object, ...] | None
) -> None:
    changes = tuple(name for name in names.split("|") if name)
    if found is None:
        with pytest.raises(ModifierMisused) as caught:
            variants(value, changes)
        assert caught.value.next_step
    else:
        assert variants(value, changes) == found


def test_two_dashes_make_all_pairs() -> None:
    assert len(variants("-a /b", ("windash",))) == 25


def test_every_shift_of_base64_is_cut_by_byte_length() -> None:
    found = variants("ä", ("base64offset",))
    assert found == (text("w6"), text("Ok"), text("Dp"))


def test_flags_stand_in_front_of_the_pattern() -> None:
    assert Pattern("a", "im").full == "(?im)a"
    assert Pattern("a").full == "a"


def test_all_and_neq_change_how_values_combine() -> None:
    assert chain(("contains", "all", "neq")) == Chain(("contains",), every=True, negated=True)
    assert chain(()) == Chain((), every=False, negated=False)


def test_an_unknown_modifier_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModifierMisused) as caught:
        chain(("contians",))
    assert "contains" in caught.value.next_step
    assert set(CHANGES) > {"contains", "re", "cidr"}
