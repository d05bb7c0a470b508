"""Columns never lose a record that a rule holds for, and let go of nearly all others."""

from __future__ import annotations

import gzip
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.columns import answers
from tocsin.detection.columns import sieve as sieving
from tocsin.detection.columns.block import Layout
from tocsin.detection.columns.sieve import Sieve
from tocsin.detection.rules import load
from tocsin.detection.sigma.logsource import origin, signature
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import Interned

from .conftest import cut, rules_of


def suspects(rules, block, layout=None) -> list[int]:
    return Sieve(rules).sift(block, layout or block.layout()).suspects.tolist()


def held_rows(rules, records) -> set[int]:
    """Judge every record by every rule, one by one."""
    interned = Interned()
    verdicts = [(rule.logsource, interned.compile(rule.tree)) for rule in rules]
    found = set()
    for row, record in enumerate(records):
        source, facts = origin(signature(record)), Facts(record, Memo())
        if any(source.fits(wanted) and verdict(facts) for wanted, verdict in verdicts):
            found.add(row)
    return found


def web(**fields):
    return {"category": "web", **fields}


def test_only_records_for_which_a_rule_holds_are_suspects() -> None:
    rules = rules_of("{user: ada, status|gt: 400}", "{path|contains: etc}")
    block = cut(
        web(user="ada", status=500),
        web(user="ada", status=200),
        web(user="ADA", status="403"),
        web(path="/etc/passwd"),
        web(path="/"),
        {"category": "other", "user": "ada", "status": 500},
        web(),
    )
    sifted = Sieve(rules).sift(block, block.layout())
    assert (sifted.suspects.tolist(), sifted.unasked) == ([0, 2, 3], 1)


@pytest.mark.parametrize(
    ("selection", "held"),
    [
        ("{a: null}", [1, 2]),
        ("{a|exists: true}", [0, 1, 3, 4]),
        ("{a|exists: false}", [2]),
        ("{a: 5}", [0, 3]),
        ("{a.b: 7}", [4]),
    ],
)
def test_absent_null_lists_and_maps_answer_as_in_the_record(selection, held) -> None:
    block = cut(web(a=5), web(a=None), web(c=1), web(a=[1, [5]]), web(a={"b": 7}))
    found = suspects(rules_of(selection), block)
    assert set(found) >= set(held)
    assert len(found) < 5 or selection.startswith("{a")


def test_a_value_beneath_a_list_is_looked_for_in_the_record() -> None:
    block = cut(web(a=[{"b": 7}]), web(a=3), web(b=7), web(a={"b": 7}))
    assert suspects(rules_of("{a.b: 7}"), block) == [0, 3]
    plain = cut(web(**{"a": 3}), web(**{"a.b": 7}))
    assert suspects(rules_of("{a.b: 7}"), plain) == [1]
    nested = cut(web(a={"b": [{"c": 7}]}), web(a=[{"b": {"c": 1}}]), web(c=7))
    assert suspects(rules_of("{a.b.c: 7}"), nested) == [0, 1]


def test_a_field_without_a_column_makes_suspects_of_those_that_depend_on_it() -> None:
    block = cut(web(user="ada", secret=1), web(user="ben", secret=1), drop=["secret"])
    layout = block.layout(dropped=frozenset({"secret"}))
    assert suspects(rules_of("{user: ada, secret: 2}"), block, layout) == [0]


def test_where_kinds_are_not_told_everything_is_a_suspect() -> None:
    block = cut(web(), {"EventID": {"text": 1}})
    assert suspects(rules_of("{user: ada}"), block) == [0, 1]


def test_odd_records_are_suspects_and_others_are_not() -> None:
    block = cut(web(user="eve"), web(user="ada"), web(user="ben"), odd=[2])
    assert suspects(rules_of("{user: ada}"), block) == [1, 2]
    everything_odd = cut(web(user="ada"), odd=[0])
    assert suspects(rules_of("{user: ada}"), everything_odd) == [0]


def test_texts_that_no_decoder_takes_make_suspects() -> None:
    block = cut(web(user="ada"), web(user="x"), web(user="y"))
    block.cells["user"][1] = r'"\ud800"'
    assert suspects(rules_of("{user: ada}"), block) == [0, 1]
    block = cut({"category": "web"}, {"category": "x", "user": "ada"})
    block.cells["category"][1] = r'"\ud800"'
    assert suspects(rules_of("{user: ada}"), block) == [1]


def test_a_service_named_within_a_map_tells_the_kind() -> None:
    rules = rules_of("{severity: 8}", logsource="{service: guardduty}")
    block = cut(
        {"service": {"serviceName": "guardduty"}, "severity": 8}, {"service": {"x": 1}, "severity": 8}
    )
    assert suspects(rules, block) == [0]


def test_a_rule_that_holds_for_every_record_of_a_kind_suspects_all_of_them() -> None:
    rules = rules_of("{user: ada}", condition="selection or not selection")
    assert suspects(rules, cut(web(), {"category": "other"})) == [0]


def test_keywords_read_bytes_only_where_they_are_asked_for() -> None:
    rules = rules_of("['*mimikatz*']")
    block = cut(
        web(a="MimiKatz"), web(b="harmless"), {"category": "other", "a": "mimikatz"}, web(c=["x", "mimikatz"])
    )
    assert suspects(rules, block) == [0, 3]
    assert block.scans == 1
    elsewhere = cut({"category": "other", "a": "mimikatz"})
    assert suspects(rules, elsewhere) == []
    assert elsewhere.scans == 0


def test_what_was_learned_from_one_block_serves_the_next() -> None:
    sieve = Sieve(rules_of("{user: ada}", "['*mimikatz*']"))
    for block in (
        cut(web(user="ada"), web(a="mimikatz"), web()),
        cut(web(), web(user="ada"), web(a="mimikatz")),
    ):
        expected = [0, 1] if block.lines[0] != b'{"category":"web"}' else [1, 2]
        assert sieve.sift(block, block.layout()).suspects.tolist() == expected


def test_keywords_that_bytes_cannot_tell_and_negated_ones_make_suspects() -> None:
    block = cut(web(a="200"), web(a="300"))
    assert suspects(rules_of("['*200*']"), block) == [0, 1]
    assert suspects(rules_of("['*mimikatz*']", condition="not selection"), block) == [0, 1]
    fields = rules_of("{a|fieldref: b}")
    assert suspects(fields, cut(web(a="x", b="x"), web(a="x", b="y"))) == [0, 1]


def test_rows_that_stay_all_different_are_judged_by_themselves(monkeypatch) -> None:
    monkeypatch.setattr(sieving, "LEAST_GROUPS", 1)
    selections = [f"{{a|contains: w{n}, b: {n}}}" for n in range(8)]
    block = cut(*(web(a=f"w{n}", b=n % 2) for n in range(8)))
    assert suspects(rules_of(*selections), block) == list(range(8))


def test_memos_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(sieving, "MOST_KINDS", 1)
    monkeypatch.setattr(answers, "MOST_CHARACTERS", 0)
    monkeypatch.setattr(answers, "MOST_NUMBERS", 0)
    block = cut(web(user="ada"), {"category": "x"}, {"category": "y"})
    block.key = "a"
    sieve = Sieve(rules_of("{user: ada}"))
    for _ in range(3):
        assert sieve.sift(block, block.layout()).suspects.tolist() == [0]


def test_of_a_block_seen_before_only_codes_are_read_and_only_where_answers_differ() -> None:
    rules = rules_of("{user: ada, role: admin, a.b: 1}", "{user: ben, role: admin}", "['*mimikatz*']")
    block = cut(
        web(user="ada", role="admin", a=[{"b": 1}]),
        web(user="eve", role="none"),
        web(user="ben", role="admin"),
    )
    sieve = Sieve(rules)
    block.key = "a segment"
    first = sieve.sift(block, block.layout())
    assert first.suspects.tolist() == [0, 2]
    assert {"user", "role"} <= set(block.told)
    block.told.clear()
    assert sieve.sift(block, block.layout()).suspects.tolist() == [0, 2]
    assert block.told == ["a"]


def test_a_rule_that_all_records_fulfil_suspects_them_and_one_that_none_can_suspects_none() -> None:
    block = cut(web(user="ada"), web(user="ada"))
    assert suspects(rules_of("{user: ada}"), block) == [0, 1]
    assert suspects(rules_of("{user: ben}"), block) == []


def test_an_empty_block_has_no_suspects() -> None:
    sieve = Sieve(rules_of("{user: ada}"))
    assert sieve.sift(cut(), Layout(columns=())).suspects.tolist() == []
    assert sieve.sift(cut(), Layout(columns=(), maps={"EventID"})).suspects.tolist() == []


_NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "category", "EventID", "Channel", "service", "product"])
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from(["", "web", "x", "1", "Security", "evil"])
)
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=2),
    max_leaves=4,
)
_RECORDS = st.dictionaries(_NAMES, _VALUES, max_size=4).map(lambda found: {"category": "web", **found})
_SELECTIONS = st.lists(
    st.sampled_from(
        [
            "{a: 1}",
            "{a: null}",
            "{a.b: x, b: 1}",
            "{b|exists: false}",
            "{a|contains: e}",
            "{b.a|startswith: w}",
            "['*evil*']",
            "{a|fieldref: b}",
            "{EventID: 1, a: x}",
            "{b: ['', 'x', 2], a|lt: 3}",
        ]
    ),
    min_size=1,
    max_size=4,
)


@given(
    records=st.lists(_RECORDS, max_size=8),
    selections=_SELECTIONS,
    negated=st.booleans(),
    logsource=st.sampled_from(
        ["{category: web}", "{product: windows}", "{service: security}", "{category: web, product: x}"]
    ),
    drop=st.sets(st.sampled_from(["a", "b", "a.b"]), max_size=1),
)  # fmt: skip
def test_no_record_that_a_rule_holds_for_is_ever_lost(records, selections, negated, logsource, drop) -> None:
    condition = "not selection" if negated else "selection"
    rules = rules_of(*selections, condition=condition, logsource=logsource)
    block = cut(*records, drop=drop)
    block.key = "always the same"
    held = held_rows(rules, records)
    sieve, layout = Sieve(rules), block.layout(dropped=frozenset(drop))
    first = sieve.sift(block, layout).suspects.tolist()
    assert held <= set(first)
    assert sieve.sift(block, layout).suspects.tolist() == first


def test_real_records_and_rules_lose_nothing_and_let_go_of_nearly_all(shared) -> None:
    with tarfile.open(shared / "data" / "sigmahq.tar.gz") as packed:
        names = [
            name for name in packed.getnames() if name.startswith("rules/windows/") and name.endswith(".yml")
        ]
        loaded = load((name, packed.extractfile(name).read().decode()) for name in names[::6])
    with gzip.open(shared / "data" / "windows-otrf.ndjson.gz") as packed:
        records = [json.loads(line) for number, line in enumerate(packed) if number % 40 == 0]
    held = held_rows(loaded.rules, records)
    found = set(suspects(loaded.rules, cut(*records)))
    assert held <= found
    assert len(found) < len(held) + len(records) / 20
