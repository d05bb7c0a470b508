"""Many rules at once give the same answers as one rule at a time."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tocsin.detection.matching import matcher as module
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.matching.scanners import Pattern, PatternCache, PlainScanner, Scanner
from tocsin.detection.matching.vectorscan import VectorscanScanner, scanner
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.logsource import ROUTING, LogSource, origin, signature
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import Interned

DETECTIONS = [
    "s: {a: x}\n  condition: s",
    "s: {a: 5}\n  condition: s",
    "s: {a: '5'}\n  condition: s",
    "s: {a|cased: X}\n  condition: s",
    "s: {a|startswith: x, b: y}\n  condition: s",
    "s: {a|endswith: y}\n  condition: s",
    "s: {a|contains: [x, y]}\n  condition: s",
    "s: {a|re: 'x+y'}\n  condition: s",
    "s: {a: x}\n  t: {b: y}\n  condition: s or t",
    "s: {a: x}\n  t: {b: null}\n  condition: s or t",
    "s: {a: x}\n  condition: not s",
    "s: {a|exists: true}\n  condition: s",
    "s: {a|fieldref: b}\n  condition: s",
    "s: [xy]\n  condition: s",
    "s: {a|gt: 4}\n  f: {b: y}\n  condition: s and not f",
    "s: {a: [x, y, xy], b|contains: y}\n  condition: s",
    "s: {a.c: x}\n  f: {b: y}\n  condition: s and not f",
    "s: {a.c|exists: false, b|re: '(?i)S|é'}\n  condition: s",
    "s: {category: c0, a|startswith: ['', y]}\n  f: {EventID: 5}\n  condition: s and not f",
    "s: {a: null, b|exists: true}\n  k: [xy, '5']\n  condition: s or all of k*",
    "s: {a|lt: 5}\n  t: {b|contains|all: [x, y]}\n  u: {a|endswith: Y}\n  condition: 2 of them\n".replace(
        "2 of them", "1 of t* or (s and not u)"
    ),
]


def text_of(number: int, detection: str) -> str:
    return f"title: R{number}\nlogsource: {{category: c{number % 2}}}\ndetection:\n  {detection}\n"


def plain(patterns: Sequence[Pattern], cache: PatternCache | None) -> Scanner:
    return PlainScanner(patterns)


def vector(patterns: Sequence[Pattern], cache: PatternCache | None) -> Scanner:
    return VectorscanScanner(patterns, cache)


@pytest.fixture(scope="module", params=[plain, vector, scanner], ids=["plain", "vectorscan", "either"])
def matcher_and_rules(
    load_sound: Callable[..., RuleSet], request: pytest.FixtureRequest
) -> tuple[Matcher, tuple[Rule, ...]]:
    rules = load_sound(*(text_of(number, detection) for number, detection in enumerate(DETECTIONS))).rules
    return Matcher(rules, make_scanner=request.param), rules


def naive(rules: tuple[Rule, ...], record: Mapping[str, Any]) -> tuple[int, ...]:
    """Ask every rule about a record, with nothing remembered."""
    source = origin(signature(record))
    return tuple(
        number
        for number, rule in enumerate(rules)
        if source.fits(rule.logsource) and Interned().compile(rule.tree)(Facts(record, Memo()))
    )


VALUES = st.sampled_from(
    ["x", "X", "xy", "yx", "y", "", "5", 5, 5.0, "05", None, True, False, 0, 1, ["x", 5], [], {"k": "xy"},
     {"c": "x"}, [{"c": "XY"}, {"c": 1}], 2**64 - 1, 1e300, "xé", "\u017f"]
)  # fmt: skip
RECORDS = st.dictionaries(
    st.sampled_from(["a", "b", "a.c", "EventID", "product", "eventName", "category"]), VALUES
)


@given(RECORDS, st.sampled_from(["c0", "c1", "c2"]))
def test_a_record_is_judged_as_by_asking_every_rule(
    matcher_and_rules: tuple[Matcher, tuple[Rule, ...]], record: dict[str, Any], category: str
) -> None:
    matcher, rules = matcher_and_rules
    whole = {"category": category, **record}
    assert matcher.hits(whole) == naive(rules, whole)


HOSTILE = st.sampled_from(
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b"{",
        b'{"category":"c0","a":"x"',
        b'{"category":"c0","a":"x"} {}',
        b'{"category":"c0","a":"y","a":"x"}',
        b'{"category":"c1","category":"c0","a":"x"}',
        b'{"category":"c0","a":123456789012345678901234567890}',
        b'{"category":"c0","a":[123456789012345678901234567890]}',
        b'{"category":"c0","a":1e400}',
        b'{"category":"c0","a":"x","z":1e400}',
        b'{"category":"c0","a":NaN}',
        b'{"category":"c0","a":"x","z":"\xff"}',
        b'{"category":"c0","a":"\xff"}',
        b'{"category":"c0","a":"\\ud800"}',
        b'{"category":"c0","a":"x","z":"\\ud800"}',
        b'{"cat\\u0065gory":"c0","\\u0061":"\\u0078"}',
        b'{"category":"c0","a":"x","z":' + b"[" * 1200 + b"]" * 1200 + b"}",
        b'{"category":"c0","a":' + b"[" * 1000 + b'"x"' + b"]" * 1000 + b"}",
        b'{"category":["c0"],"a":"x"}',
        b'{"category":"c0","a":{"c":"x"},"a.c":"y"}',
        b' {"category":"C0 ","a":-0.0}\r\n',
        b'\xef\xbb\xbf{"category":"c0","a":"x"}',
    ]
)
LINES = st.one_of(
    st.tuples(RECORDS, st.sampled_from(["c0", "c1"])).map(
        lambda both: orjson.dumps({"category": both[1], **both[0]})
    ),
    HOSTILE,
)


def read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return None


@given(st.lists(LINES, max_size=30))
def test_lines_are_sifted_as_by_asking_every_rule(
    matcher_and_rules: tuple[Matcher, tuple[Rule, ...]], lines: list[bytes]
) -> None:
    matcher, rules = matcher_and_rules
    expected = []
    for number, line in enumerate(lines):
        record = read(line)
        hits = naive(rules, record) if isinstance(record, dict) else ()
        if hits:
            expected.append((number, hits))
    assert matcher.sift(lines) == expected


def deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(20_000):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "record",
    [
        [],
        None,
        {"category": "c0", "a": deep(), "b": {"k": deep()}},
        {"category": "c1", "a": 10**6000, "b": -(10**6000)},
        {"category": "c0", 1: 2, None: 3, "a": {1: {2: 3}}},
        {"category": "c1", "a": "\ud800", "b": float("nan")},
        {"category": "c0", "a": b"bytes", "b": object()},
        {"EventID": {"#text": 1}, "Channel": 5},
        {"category": ["c0"], "a": [None, [None]]},
    ],
    ids=["list", "none", "deep", "huge", "odd keys", "surrogate", "odd types", "odd event", "odd category"],
)
def test_no_record_makes_the_matcher_raise(
    matcher_and_rules: tuple[Matcher, tuple[Rule, ...]], record: Any
) -> None:
    assert isinstance(matcher_and_rules[0].hits(record), tuple)


def test_invented_log_sources_do_not_fill_the_memory(
    load_sound: Callable[..., RuleSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KINDS", 3)
    matcher = Matcher(load_sound(text_of(0, DETECTIONS[0])).rules)
    assert [matcher.hits({"category": "c0", "product": f"p{number}", "a": "x"}) for number in range(9)] == [
        (0,)
    ] * 9


def test_the_matcher_knows_which_log_sources_its_rules_ask_about(
    load_sound: Callable[..., RuleSet],
) -> None:
    rule = "title: t\nlogsource: {category: process}\ndetection: {s: {a: b}, condition: s}\nlevel: low\n"
    matcher = Matcher(load_sound(rule).rules)
    assert matcher.asks_about({"class": "process", "a": "never"})
    assert not matcher.asks_about({"class": "authentication"})
    assert not matcher.asks_about(["no record"])  # type: ignore[arg-type]


def test_sigmahq_windows_rules_answer_like_the_naive_evaluator(sigmahq_rules: RuleSet, shared: Path) -> None:
    rules = tuple(rule for rule in sigmahq_rules.rules if rule.logsource.product == "windows")
    matcher, interned = Matcher(rules), Interned()
    verdicts = [interned.compile(rule.tree) for rule in rules]
    hits, sampled, wanted = 0, [], []
    with gzip.open(shared / "data" / "windows-otrf.ndjson.gz") as lines:
        for number, line in enumerate(lines):
            if number % 400:
                continue
            record = orjson.loads(line)
            source, facts = origin(signature(record)), Facts(record, Memo())
            fitting: dict[LogSource, bool] = {}
            expected = tuple(
                n
                for n, rule in enumerate(rules)
                if fitting.setdefault(rule.logsource, source.fits(rule.logsource)) and verdicts[n](facts)
            )
            assert matcher.hits(record) == expected
            hits += len(expected)
            sampled.append(line)
            wanted.append(expected)
    assert hits
    for _ in range(5):
        found = dict(matcher.sift(sampled))
        assert [found.get(place, ()) for place in range(len(sampled))] == wanted


# In these four the suite counts one match where a plain evaluator of the rule finds each record.
COUNTED_OTHERWISE = {
    "0b9ad457-2554-44c1-82c2-d56a99c42377",
    "8fbf3271-1ef6-4e94-8210-03c2317947f6",
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393",
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e",
}


def test_every_sigmahq_regression_fires_with_the_counts_it_states(
    sigmahq_rules: RuleSet, sigmahq: Path
) -> None:
    matcher = Matcher(sigmahq_rules.rules)
    names = [rule.header.id for rule in sigmahq_rules.rules]
    silent, differing, cases = [], set(), 0
    for path in sorted(sigmahq.glob("regression_data/**/info.yml")):
        info = YAML(typ="safe").load(path)
        wanted = info["rule_metadata"][0]["id"]
        for case in info.get("regression_tests_info", ()):
            if case["type"] != "evtx":
                continue
            cases += 1
            records = twins(sigmahq / case["path"].replace(".evtx", ".json"))
            count = sum(wanted in {names[number] for number in matcher.hits(record)} for record in records)
            if not count:
                silent.append(case["path"])
            elif case.get("match_count", count) != count:
                differing.add(wanted)
    assert cases == 202
    assert silent == []
    assert differing == COUNTED_OTHERWISE


def twins(path: Path) -> list[dict[str, Any]]:
    """Return the flat records of a JSON twin: one document, a list, or several documents in a row."""
    text, decoder, at = path.read_text("utf-8").strip(), json.JSONDecoder(), 0
    found: list[Any] = []
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        found.extend(document if isinstance(document, list) else [document])
        at += len(text[at:]) - len(text[at:].lstrip())
    return [flat(document["Event"]) for document in found]


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """Return a Windows event with System attributes joined by `_` and field names without spaces (S24)."""
    record: dict[str, Any] = {}
    for name, value in event["System"].items():
        if isinstance(value, dict):
            record.update({f"{name}_{key}": inner for key, inner in value.get("#attributes", {}).items()})
        record[name] = value.get("#text") if isinstance(value, dict) else value
    pending = [event.get("EventData") or {}, event.get("UserData") or {}]
    while pending:
        for name, value in pending.pop().items():
            if isinstance(value, dict) and "#text" not in value:
                pending.append(value)
            elif not name.startswith("#"):
                record[name.replace(" ", "")] = value["#text"] if isinstance(value, dict) else value
    return record


def test_ordinary_lines_never_need_the_generic_path(
    load_sound: Callable[..., RuleSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = (
        "title: t\nlogsource: {product: windows}\n"
        "detection: {k: [mimikatz], s: {Image|endswith: x}, condition: k or s}\n"
    )
    matcher = Matcher(load_sound(rule).rules)
    matcher.prepare()
    monkeypatch.setattr(Matcher, "_generic", None)
    monkeypatch.setattr(module, "RECONSIDER", 100)
    lines = [
        orjson.dumps({"EventID": number % 3, "Channel": "Security", "Image": f"{number % 7}.exe"})
        for number in range(900)
    ]
    assert matcher.sift(lines) == []
    matcher.flush()
    assert matcher.sift([*lines, b'{"EventID":1,"Channel":"Security","Image":"x"}']) == [(900, (0,))]
    assert matcher.sift([b'{"EventID":1,"Channel":"Security","a":"MIMIKATZ ' + b"z" * 70_000 + b'"}']) == [
        (0, (0,))
    ]


def test_a_rule_that_the_kind_of_record_decides_needs_no_field(load_sound: Callable[..., RuleSet]) -> None:
    rule = "title: t\nlogsource: {product: windows}\ndetection: {s: {EventID: 5}, condition: s}\n"
    matcher = Matcher(load_sound(rule).rules)
    assert matcher.sift([b'{"EventID":5}', b'{"EventID":"5"}', b'{"EventID":6}']) == [(0, (0,)), (1, (0,))]


def test_a_very_long_line_is_judged_like_any_other(load_sound: Callable[..., RuleSet]) -> None:
    matcher = Matcher(load_sound(text_of(0, DETECTIONS[0])).rules)
    long = b'{"category":"c0","a":"x","z":"' + b"z" * 70_000 + b'"}'
    assert matcher.sift([long, b"{}", long]) == [(0, (0,)), (2, (0,))]


def test_a_line_that_is_broken_where_no_rule_looks_has_no_hits(load_sound: Callable[..., RuleSet]) -> None:
    matcher = Matcher(load_sound(text_of(0, DETECTIONS[0])).rules)
    lines = [b'{"category":"c0","a":"x"}', b'{"category":"c0","a":"x","z":"\xff"}']
    for _ in range(300):
        assert matcher.sift(lines) == [(0, (0,))]


def test_invented_kinds_do_not_fill_the_memory(
    load_sound: Callable[..., RuleSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KINDS", 2)
    rule = (
        "title: t\nlogsource: {product: windows}\n"
        "detection: {s: {EventID: [1, 2, 3, 4], a: x}, condition: s}\n"
    )
    matcher = Matcher(load_sound(rule).rules)
    lines = [
        orjson.dumps({"EventID": number % 6, "Channel": f"c{number % 4}", "a": "x"}) for number in range(48)
    ]
    assert [number for number, _ in matcher.sift(lines)] == [n for n in range(48) if 1 <= n % 6 <= 4]


def test_a_signature_asks_for_fields_by_name_and_only_for_those_that_route() -> None:
    asked = module._Asked({"EventID": 1, "Channel": "x"})
    assert len(asked) == 2
    with pytest.raises(TypeError):
        list(asked)
    for names in ((), ("EventID",), ("EventID", "Channel"), ("eventName", "eventSource"), ("product",)):
        record = module._Asked(dict.fromkeys(names, "x.amazonaws.com"))
        signature(record)
        assert set(record.names) <= set(ROUTING)
