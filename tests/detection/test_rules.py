"""Loading: every sound rule comes in, every other becomes a problem with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tocsin.detection.problems import RuleProblem
from tocsin.detection.rules import Forgetful, RuleSet, load
from tocsin.detection.sigma import tables
from tocsin.detection.sigma.rule import Rule

BASE = "title: Base\nname: base\nlogsource: {category: c}\ndetection:\n  s: {a: x}\n  condition: s\n"
COUNT = "title: Many\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {gte: 2}}\n"

FILTER = "title: F\nlogsource: {category: c}\nfilter: {rules: [base], s: {a: y}, condition: not s}\n"


def places(rule_set: RuleSet) -> list[tuple[str, int, int]]:
    return [(problem.path, problem.line, problem.column) for problem in rule_set.problems]


def test_a_broken_rule_does_not_stop_the_others() -> None:
    found = load([("a.yml", "title: [\n"), ("b.yml", BASE), ("c.yml", "title: T\n"), ("d.yml", COUNT)])
    assert [rule.header.title for rule in found.rules] == ["Base"]
    assert [correlation.header.title for correlation in found.correlations] == ["Many"]
    assert [(problem.path, problem.rule) for problem in found.problems] == [("a.yml", ""), ("c.yml", "T")]


def test_a_file_without_text_is_a_problem_beside_the_others() -> None:
    unread = RuleProblem(path="a.yml", line=1, column=1, rule="", reason="No.", next_step="Mend it.")
    assert load([("a.yml", unread)]).problems == (unread,)


def test_a_condition_of_the_old_syntax_becomes_a_correlation_and_is_not_remembered() -> None:
    notebook = Notebook()
    old = BASE.replace("condition: s", "timeframe: 5m\n  condition: s | count() by user > 3")
    found = load([("a.yml", old), ("b.yml", old)], memory=notebook)
    assert [(each.header.name, each.span, each.bounds) for each in found.correlations] == [
        ("base", 300, (("gt", 3),))
    ]
    assert [rule.header.name for rule in found.rules] == ["base.part1"]
    assert [(remark.path, remark.line, remark.column) for remark in found.remarks] == [
        ("a.yml", 7, 14),
        ("a.yml", 1, 1),
    ]
    assert "is read as the correlation `event_count` by user" in found.remarks[0].reason
    assert [(problem.path, "already used" in problem.reason) for problem in found.problems] == [
        ("b.yml", True)
    ]
    assert notebook.pages == {}


def test_a_file_may_hold_many_documents_and_empty_ones() -> None:
    found = load([("a.yml", f"{BASE}---\n---\n{COUNT}")])
    assert (len(found.rules), len(found.correlations), found.problems) == (1, 1, ())


def test_global_keys_reach_the_documents_behind_them_until_a_reset() -> None:
    shared = "action: global\ntitle: Shared\nlogsource: {product: p}\ndetection:\n  condition: s\n"
    parts = "name: {0}\nlogsource: {{category: {0}}}\ndetection:\n  s: {{a: {0}}}\n"
    text = "---\n".join(
        [shared, parts.format("one"), parts.format("two"), "action: reset\n", parts.format("three")]
    )
    found = load([("a.yml", text)])
    assert [(rule.header.title, rule.header.name) for rule in found.rules] == [
        ("Shared", "one"),
        ("Shared", "two"),
    ]
    assert {rule.logsource.product for rule in found.rules} == {"p"}
    assert {rule.logsource.category for rule in found.rules} == {"one", "two"}
    assert [problem.reason for problem in found.problems] == ["The rule has no `title`."]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("- a\n", 1, 1, "not a map"),
        ("text\n", 1, 1, "not a map"),
        ("action: again\ntitle: T\n", 1, 9, "action"),
        ("title: F\nfilter: {rules: any, s: {a: x}, condition: not s}\n", 1, 1, "`logsource`"),
        (FILTER.replace("[base]", "[gone]"), 3, 17, "not loaded"),
        (f"{BASE}{COUNT[12:]}", 7, 1, "a `detection` and a `correlation`"),
        (BASE.replace("a: x", "a|expand: '%x%'"), 5, 17, "not resolved"),
        (COUNT, 2, 41, "not loaded"),
        (f"{BASE}---\n{BASE.replace('Base', 'Other')}", 8, 1, "already used"),
    ],
)
def test_what_cannot_be_loaded_is_a_problem_at_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    (problem,) = load([("a.yml", text)]).problems
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.reason
    assert problem.next_step


def test_a_problem_names_the_rule_by_id_else_title_else_nothing() -> None:
    texts = ["id: i\ntitle: T\n", "title: T\n", "id: 5\n", "- x\n"]
    assert [problem.rule for text in texts for problem in load([("a.yml", text)]).problems] == [
        "i",
        "T",
        "",
        "",
    ]


def test_remarks_do_not_keep_a_rule_out() -> None:
    found = load([("a.yml", BASE.replace("a: x", "a: [x, null]"))])
    assert len(found.rules) == 1
    assert [(remark.line, remark.rule) for remark in found.remarks] == [(5, "base"), (1, "base")]


@pytest.mark.parametrize(
    ("texts", "remarked"),
    [
        ([BASE], ["Base"]),
        ([BASE + "level: low\n"], []),
        ([BASE, COUNT], ["Many"]),
        ([BASE, COUNT + "level: low\n"], []),
        ([BASE, COUNT.replace("}}", "}, generate: true}") + "level: low\n"], ["Base"]),
    ],
)
def test_an_alert_without_severity_is_remarked_before_it_calls_nobody(
    texts: list[str], remarked: list[str]
) -> None:
    found = load((f"{text[7:11]}.yml", text) for text in texts)
    assert [remark.path[:-4] for remark in found.remarks] == remarked
    assert all("level" in remark.reason for remark in found.remarks)


def test_rules_are_found_by_name_and_by_id_and_without_both_by_title() -> None:
    by_id = BASE.replace("name: base", "name: n\nid: i").replace("Base", "Two")
    found = load([("a.yml", BASE), ("b.yml", by_id), ("c.yml", BASE.replace("name: base\n", ""))])
    assert set(found.by_reference()) == {"base", "n", "i", "Base"}


def test_the_key_of_a_correlation_covers_the_rules_it_names() -> None:
    first = load([("a.yml", BASE), ("b.yml", COUNT)]).correlations[0].key
    same = load([("a.yml", BASE + "description: new\n"), ("b.yml", COUNT)]).correlations[0].key
    other = load([("a.yml", BASE.replace("a: x", "a: y")), ("b.yml", COUNT)]).correlations[0].key
    assert first == same
    assert first != other


def test_a_correlation_may_name_correlations_and_stands_behind_them() -> None:
    chain = "title: Chain\ncorrelation: {type: temporal, rules: [many, base], timespan: 5m}\n"
    found = load([("a.yml", chain), ("b.yml", COUNT + "name: many\n"), ("c.yml", BASE)])
    assert found.problems == ()
    assert [each.header.title for each in found.correlations] == ["Many", "Chain"]
    assert found.by_reference()["many"] is found.correlations[0]


def test_filters_are_part_of_the_rules_they_are_for() -> None:
    plain = load([("a.yml", BASE), ("c.yml", COUNT)])
    found = load([("a.yml", FILTER), ("b.yml", BASE), ("c.yml", COUNT)])
    assert (found.problems, len(found.rules)) == ((), 1)
    assert found.rules[0].key != plain.rules[0].key
    assert found.correlations[0].key != plain.correlations[0].key
    wrong = load(
        [("a.yml", FILTER.replace("base", "many")), ("b.yml", BASE), ("c.yml", COUNT + "name: many\n")]
    )
    assert ["is a correlation" in problem.reason for problem in wrong.problems] == [True]
    assert wrong.rules[0].key == plain.rules[0].key


def test_a_filter_without_not_is_remarked() -> None:
    found = load([("a.yml", FILTER.replace("not s", "s")), ("b.yml", BASE + "level: low\n")])
    assert ["no `not`" in remark.reason for remark in found.remarks] == [True]


def test_tables_resolve_placeholders_and_belong_to_the_set() -> None:
    known = tables.read([("t.yml", "name: x\nvalues: [v]\n"), ("u.yml", "name: [\n")], [])
    found = load([("a.yml", BASE.replace("a: x", "a|expand: '%x%'"))], known)
    assert len(found.rules) == 1
    assert found.tables is known
    assert found.problems == known.problems != ()


class Notebook:
    """A memory that tells what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], tuple[Rule, ...]] = {}

    def recall(self, path: str, text: str) -> tuple[Rule, ...] | None:
        return self.pages.get((path, text))

    def learn(self, path: str, text: str, rules: tuple[Rule, ...]) -> None:
        self.pages[path, text] = rules


def test_a_memory_changes_no_result_and_learns_what_is_in_the_text_alone() -> None:
    known = tables.read([("t.yml", "name: x\nvalues: [v]\n")], [])
    by_table = BASE.replace("a: x", "a|expand: '%x%'").replace("base", "tabled")
    files = [
        ("a.yml", f"{BASE}---\n{BASE.replace('base', 'b').replace('a: x', 'a: [x, null]')}"),
        ("b.yml", by_table),
        ("c.yml", COUNT),
        ("d.yml", FILTER),
        ("e.yml", "title: T\n"),
        ("f.yml", "title: [\n"),
        ("g.yml", BASE),
    ]
    notebook = Notebook()
    first = load(files, known, notebook)
    assert [path for path, _ in notebook.pages] == ["a.yml", "g.yml"]
    assert load(files, known, notebook) == first == load(files, known)
    assert ["already used" in problem.reason for problem in first.problems].count(True) == 1
    assert Forgetful().recall("a.yml", BASE) is None


def test_all_of_sigmahq_loads_but_for_unresolved_placeholders(sigmahq_rules: RuleSet) -> None:
    assert len(sigmahq_rules.rules) == 3_755
    assert len(sigmahq_rules.problems) == 25
    assert all("placeholder" in problem.reason for problem in sigmahq_rules.problems)
    assert sigmahq_rules.remarks == ()


def test_sigmahqs_unsupported_rules_are_read_as_correlations_or_are_problems(
    sigmahq: Path, rule_files: Callable[[Iterable[Path]], list[tuple[str, str]]]
) -> None:
    files = rule_files(sigmahq.glob("unsupported/**/*.yml"))
    found = load(files)
    assert len(files) == 87
    assert (
        len({problem.path for problem in found.problems} | {rule.header.path for rule in found.rules}) == 87
    )
    assert len(found.correlations) == 53
    assert sum("is read as the correlation" in remark.reason for remark in found.remarks) == 53
    assert len(found.problems) == 10


def test_the_shipped_rules_load_and_say_when_they_are_wrong(
    rule_files: Callable[[Iterable[Path]], list[tuple[str, str]]],
) -> None:
    pack = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "rules"
    found = load(rule_files(pack.glob("*.yml")))
    heads = [each.header for each in (*found.rules, *found.correlations)]
    assert (found.problems, found.remarks) == ((), ())
    assert len({head.id for head in heads}) == len(heads) == 7
    assert all(head.level and head.tags and head.description and head.author == "Tocsin" for head in heads)
