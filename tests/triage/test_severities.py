"""Tests of the map from every source's words to P1 to P4."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.triage.severities import SeverityWords, parse_severities, translate

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "severities.yml"


@pytest.fixture(scope="module")
def shipped() -> SeverityWords:
    return parse_severities(SHIPPED.read_text("utf-8"), "severities.yml")


@pytest.mark.parametrize(
    ("source", "word", "severity"),
    [
        pytest.param("anything", "Critical", Severity.P1, id="R2 critical"),
        pytest.param("anything", "High", Severity.P2, id="R2 high"),
        pytest.param("anything", "Medium", Severity.P3, id="R2 medium"),
        pytest.param("anything", "Low", Severity.P4, id="R2 low"),
        pytest.param("anything", "P0", Severity.P1, id="R3 P0"),
        pytest.param("prometheus", "critical", Severity.P1, id="R4 critical"),
        pytest.param("prometheus:eu-1", " warning ", Severity.P3, id="R4 warning"),
        pytest.param("prometheus", "page", Severity.P1, id="Prometheus page"),
        pytest.param("prometheus", "info", Severity.P4, id="Prometheus info"),
        pytest.param("prometheus", "none", None, id="the Watchdog that always fires"),
        pytest.param("detection", "informational", None, id="Sigma informational"),
        pytest.param("detection", "high", Severity.P2, id="Sigma high"),
        pytest.param("guardduty", "9.5", Severity.P1, id="GuardDuty critical"),
        pytest.param("guardduty", "7", Severity.P2, id="GuardDuty high, lower edge"),
        pytest.param("guardduty", "6.9", Severity.P3, id="GuardDuty medium, upper edge"),
        pytest.param("guardduty", "1", Severity.P4, id="GuardDuty low"),
        pytest.param("guardduty", "High", Severity.P2, id="a word beside the bands falls back to common"),
    ],
)
def test_shipped_words_mean_what_the_design_says(
    shipped: SeverityWords, source: str, word: str, severity: Severity | None
) -> None:
    translated = translate(shipped, source, word)
    assert translated.known
    assert translated.severity is severity


@pytest.mark.parametrize(
    ("source", "word"), [("x", "gruesome"), ("x", "8"), ("guardduty", "-1"), ("guardduty", "nan")]
)
def test_a_word_nobody_listed_is_not_known(shipped: SeverityWords, source: str, word: str) -> None:
    translated = translate(shipped, source, word)
    assert (translated.known, translated.severity, translated.section) == (False, None, "")


def test_a_sources_own_section_goes_before_the_common_one() -> None:
    words = parse_severities(
        "common: {words: {red: P1, blue: P4}}\nsources: {Shop: {words: {RED: P2}}}\n", "s.yml"
    )
    assert (translate(words, "shop:1", "red").severity, translate(words, "shop:1", "red").section) == (
        Severity.P2,
        "shop",
    )
    assert translate(words, "shop:1", "blue").section == "common"


def test_a_file_may_have_only_common_words() -> None:
    assert translate(parse_severities("common: {}\n", "s.yml"), "x", "red").known is False


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        pytest.param("sources: {}\n", "`common` is missing", 1, id="no common section"),
        pytest.param(
            "common:\n  words: {red: P9}\n", "`P9` is not possible", 2, id="a severity that does not exist"
        ),
        pytest.param(
            "common:\n  words:\n    red: P1\n    RED: P2\n", "listed twice", 4, id="a word in two cases"
        ),
        pytest.param(
            "common:\n  bands:\n    - {at_least: 1, severity: P4}\n    - {at_least: 2, severity: P3}\n",
            "do not fall",
            4,
            id="bands that rise",
        ),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, said: str, line: int) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse_severities(text, "s.yml")
    assert caught.value.line == line
