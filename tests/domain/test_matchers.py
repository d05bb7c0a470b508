"""Tests of label matchers as Prometheus users write them."""

from __future__ import annotations

import pytest

from tocsin.domain.matchers import read_matcher
from tocsin.domain.pack_file import Located, PackProblem


def written(text: str) -> Located:
    return Located(path="triage.yml", line=3, column=9, kind="str", text=text)


@pytest.mark.parametrize(
    ("matcher", "matching", "other"),
    [
        pytest.param("team = security", {"team": "security"}, {"team": "web"}, id="equal"),
        pytest.param("team=security", {"team": "security"}, {}, id="equal without blanks"),
        pytest.param(
            'team = "a \\"b\\" \\\\ \\n"', {"team": 'a "b" \\ \n'}, {"team": "a"}, id="quoted with escapes"
        ),
        pytest.param('team = "=dead"', {"team": "=dead"}, {"team": "dead"}, id="a quoted equals sign"),
        pytest.param("team != security", {"team": "web"}, {"team": "security"}, id="not equal"),
        pytest.param(
            'team =~ "sec.*"', {"team": "security"}, {"team": "infosec"}, id="pattern, anchored in front"
        ),
        pytest.param(
            "team =~ .*sec", {"team": "infosec"}, {"team": "security"}, id="pattern, anchored behind"
        ),
        pytest.param('team !~ "sec.*"', {"team": "web"}, {"team": "security"}, id="not the pattern"),
        pytest.param('team = ""', {}, {"team": "web"}, id="an absent label is empty"),
        pytest.param(
            'team =~ "a|b"', {"team": "b"}, {"team": "ab"}, id="an alternative is anchored as a whole"
        ),
        pytest.param(
            'gruß = "größe"', {"gruß": "größe"}, {"gruß": "klein"}, id="names and values in any script"
        ),
    ],
)
def test_a_matcher_tells_matching_labels_from_others(
    matcher: str, matching: dict[str, str], other: dict[str, str]
) -> None:
    read = read_matcher(written(matcher))
    assert read.matches(matching)
    assert not read.matches(other)


@pytest.mark.parametrize(
    ("matcher", "said"),
    [
        pytest.param("team", "is not a matcher", id="no operator"),
        pytest.param("= security", "is not a matcher", id="no label"),
        pytest.param('team = "open', "quotes", id="a quote that is not closed"),
        pytest.param('team = a"b', "quotes", id="a quote inside a bare value"),
        pytest.param("team == dead", "begins with `=`", id="two equals signs"),
        pytest.param("team !== dead", "begins with `=`", id="an exclamation mark and two equals signs"),
        pytest.param('team =~ "("', "RE2", id="a bracket that is not closed"),
        pytest.param('team =~ "(?=x)"', "RE2", id="a look-ahead"),
    ],
)
def test_a_wrong_matcher_is_refused_at_its_place(matcher: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        read_matcher(written(matcher))
    assert (caught.value.line, caught.value.column) == (3, 9)


def test_a_pattern_made_to_be_slow_is_answered_at_once() -> None:
    assert not read_matcher(written('a =~ "(x+x+)+y"')).matches({"a": "x" * 5000})
