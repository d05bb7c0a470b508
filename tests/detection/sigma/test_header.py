"""A rule's name tag: what is needed, what is misspelt."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.header import (
    extended,
    header,
    refuse_other_keys,
    refuse_two_kinds,
    table_of,
    texts_of,
)


def table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


def test_a_header_keeps_what_an_alert_shows() -> None:
    head = header(
        table(
            "title: Failed Login\nid: abc\nname: login_failed\nlevel: High\ntags: [attack.t1110, 5]\n"
            "description: |\n  Two\n  lines\nauthor: Tocsin\nreferences: https://example.org\nregression: x\n"
        ),
        "a.yml",
    )
    assert (head.title, head.id, head.name, head.level) == ("Failed Login", "abc", "login_failed", "high")
    assert head.tags == ("attack.t1110", "5")
    assert head.description == "Two\nlines"
    assert head.references == ("https://example.org",)
    assert (head.path, head.place.line) == ("a.yml", 1)
    assert head.label == "abc"


@pytest.mark.parametrize(
    ("text", "label"), [("title: T\nname: n", "n"), ("title: T", "T"), ("title: T\nid:\ntags:", "T")]
)
def test_a_rule_without_id_is_known_by_name_or_title(text: str, label: str) -> None:
    assert header(table(text), "a.yml").label == label


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("id: x", 1, 1, "no `title`"),
        ("title: ' '", 1, 1, "no `title`"),
        ("title: [a]", 1, 8, "must be text"),
        ("title: T\nlevel: urgent", 2, 8, "unknown"),
        ("title: T\ntags: {a: b}", 2, 7, "list of texts"),
        ("title: T\ntags: [[a]]", 2, 7, "list of texts"),
        ("title: T\ncorelation: {}", 2, 1, "unknown"),
        ("title: T\ndetections: {}", 2, 1, "unknown"),
        ("title: T\ntocsin.rato: {}", 2, 1, "`tocsin.rato` is unknown"),
        ("title: T\ntocsin.incident_type: oops", 2, 23, "cannot be `oops`"),
        ("title: T\ntocsin.latch: 1", 2, 15, "true or false"),
        ("title: T\ntocsin.labels: x", 2, 16, "must be a map"),
        ("title: T\ntocsin.labels: {}", 2, 16, "must be a map"),
        ("title: T\ntocsin.labels: {a: [b]}", 2, 20, "label `a`"),
        ("title: T\ntocsin.labels: {a: }", 2, 17, "label `a`"),
    ],
)
def test_a_faulty_header_is_refused_at_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        header(table(text), "a.yml")
    assert (caught.value.place.line, caught.value.place.column) == (line, column)
    assert words in caught.value.happened


def test_a_header_keeps_what_an_incident_is_made_of() -> None:
    head = header(
        table(
            "title: T\ntocsin.incident_type: drift\ntocsin.labels: {team: web, tier: 1}\ntocsin.latch: true\n"
        ),
        "a.yml",
    )
    assert (head.incident_type, head.labels, head.latch) == ("drift", (("team", "web"), ("tier", "1")), True)
    plain = header(table("title: T"), "a.yml")
    assert (plain.incident_type, plain.labels, plain.latch) == ("", (), False)


def test_an_unknown_extension_names_the_nearest_or_how_to_go_on() -> None:
    for name, hint in (("tocsin.rato", "`tocsin.ratio`"), ("tocsin.xyz", "Remove the key")):
        with pytest.raises(RuleRejected) as caught:
            header(table(f"title: T\n{name}: 1"), "a.yml")
        assert hint in caught.value.next_step


def test_labels_are_bounded() -> None:
    many = ", ".join(f"a{number}: b" for number in range(51))
    for labels in (many, f"a: {'x' * 501}", f"{'x' * 501}: a"):
        with pytest.raises(RuleRejected):
            header(table(f"title: T\ntocsin.labels: {{{labels}}}"), "a.yml")


def test_the_extensions_that_change_a_meaning_are_those_not_about_the_alert() -> None:
    found = extended(table("title: T\ntocsin.labels: {a: b}\ntocsin.for: 5m\nother: 1"))
    assert found == [["tocsin.for", "5m"]]


def test_a_misspelt_key_names_the_right_one() -> None:
    with pytest.raises(RuleRejected, match="timespam") as caught:
        refuse_other_keys(table("timespam: 5m"), ("timespan", "rules"))
    assert "`timespan`" in caught.value.next_step
    with pytest.raises(RuleRejected) as caught:
        refuse_other_keys(table("zzz: 5m"), ("timespan", "rules"))
    assert "`timespan`, `rules`" in caught.value.next_step
    refuse_other_keys(table("rules: 5m"), ("timespan", "rules"))


def test_a_document_is_one_kind_of_rule() -> None:
    for text in ("title: T", "detection: {}", "correlation: {}\nlogsource: {}", "filter: {}"):
        refuse_two_kinds(table(text))
    with pytest.raises(RuleRejected, match="a `filter` and a `detection`") as caught:
        refuse_two_kinds(table("filter: {}\ndetection: {}"))
    assert caught.value.place.line == 2


def test_a_required_map_must_be_there_and_not_be_empty() -> None:
    found = table("a: {b: c}\nempty: {}\ntext: x\nnone:")
    assert table_of(found, "a").get("b") is not None
    for key in ("empty", "text", "gone"):
        with pytest.raises(RuleRejected):
            table_of(found, key)
    assert texts_of(found, "gone") == ()
    assert texts_of(found, "none") == ()
