"""Every row that the SaaS platform pack says it meets has its rules, and each rule has its tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app import hunting, rule_tests
from tocsin.app.packs import Packs, shipped_packs
from tocsin.app.rule_test_files import gather
from tocsin.detection.promql.rule import AlertingRule, Group
from tocsin.detection.promql.rule_files import load, load_with_twins
from tocsin.detection.promql.twins import SUFFIX, rule_file
from tocsin.detection.testing.promtool import run_promtool
from tocsin.detection.testing.result import Result, Tested, tally

PACK = shipped_packs() / "saas-platform"
LEAST = 3
THRESHOLDS = [str(row) for row in range(1, 22)]
PATTERNS = [f"P{row}" for row in range(1, 7)]
OTHERS = ["A1", "A2", "A3", "A4", "A5", "R1", "R2", "R3", "R4", "R5", "D1", "D2", "D3", "D4", "D5"]
LEVELS = {"critical": ("critical",), "warning": ("medium", "warning")}

_ROW = re.compile(r"\| ([A-Z]?\d+) \| (.+?) \| (.+?) \| (.+?) \|")
_NAME = re.compile(r"`([^`]+)`")


def rows() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return each row's words, rules and test files."""
    found = {}
    for line in (PACK / "README.md").read_text("utf-8").splitlines():
        if match := _ROW.match(line):
            number, words, rules, tests = match.groups()
            found[number] = (words, tuple(_NAME.findall(rules)), tuple(_NAME.findall(tests)))
    return found


def metric_groups() -> tuple[Group, ...]:
    files = [(str(path), path.read_text("utf-8")) for path in sorted((PACK / "prometheus").glob("*.yml"))]
    loaded = load_with_twins(files)
    assert loaded.problems == ()
    return loaded.groups


def alerts() -> dict[str, AlertingRule]:
    every = (rule for group in metric_groups() for rule in group.rules)
    return {rule.name: rule for rule in every if isinstance(rule, AlertingRule)}


def twins() -> list[str]:
    return sorted(name for name in alerts() if name.endswith(SUFFIX))


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Tested]]:
    """Return each rule's level and how it is tested, by its name, twins left out."""
    packs = Packs(tmp_path_factory.mktemp("home"))
    ran = rule_tests.run(gather(packs, [], ["saas-platform", "baseline"]), hunting.levels(packs))
    assert ran.failed == ()
    counted = tally(ran.results)
    heads = [rule.header for rule in ran.rules.rules]
    heads += [correlation.header for correlation in ran.rules.correlations]
    found = {head.name: (head.level, counted.get(head.label, Tested())) for head in heads}
    for name, rule in alerts().items():
        severity = dict(rule.labels)["severity"].text
        found[name] = (severity, counted.get(name, Tested()))
    return found


def test_every_row_is_in_the_table_once() -> None:
    assert list(rows()) == [*THRESHOLDS, *PATTERNS, *OTHERS]


@pytest.mark.parametrize("row", rows())
def test_each_rule_of_a_row_is_tested_both_ways(row: str, tested: dict[str, tuple[str, Tested]]) -> None:
    words, names, _ = rows()[row]
    assert names
    for name in names:
        assert name in tested, f"row {row} ({words}) names {name}, which is no rule"
        assert name.endswith(SUFFIX) or tested[name][1].has(LEAST), name


@pytest.mark.parametrize("row", THRESHOLDS)
def test_the_first_rule_of_a_row_has_the_rows_severity(
    row: str, tested: dict[str, tuple[str, Tested]]
) -> None:
    words, names, _ = rows()[row]
    assert tested[names[0]][0] in LEVELS[words.rpartition(", ")[2].lower()]


@pytest.mark.parametrize("row", rows())
def test_the_test_files_of_a_row_are_there_and_speak_of_its_rules(row: str) -> None:
    _, names, files = rows()[row]
    text = "".join((PACK / file).read_text("utf-8") for file in files)
    missing = [name for name in names if not name.endswith(SUFFIX) and not re.search(rf"\b{name}\b", text)]
    # The baseline's rules are tested where they are.
    assert [name for name in missing if name != "credential_stuffing"] == []


def test_rules_refer_to_no_other_pack() -> None:
    for path in (PACK / "rules").glob("*.yml"):
        assert path.stem.startswith("saas_")
        assert f"\nname: {path.stem}\n" in path.read_text("utf-8")


def metric_tests() -> list[Path]:
    return sorted((PACK / "prometheus" / "tests").glob("*.yml"))


def promtool(*arguments: str, folder: Path) -> str:
    """Return what promtool says, empty if it is content; skips where there is none."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    ran = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.parametrize("path", metric_tests(), ids=lambda path: path.stem)
def test_promtool_agrees_with_the_tests_of_metric_rules(path: Path) -> None:
    assert promtool("test", "rules", path.name, folder=path.parent) == ""


HEARD = 'job="j",instance="i",fstype="ext4"'
OTHER = 'job="j",instance="k",fstype="ext4"'
GONE = "{job: j, instance: i, "
# Samples each minute; a series is remembered for five minutes, and the twin waits five more.
SILENCES: dict[str, tuple[dict[str, str], dict[str, tuple[str, ...]]]] = {
    "no series at all": ({}, {"4m": (), "6m": ("{",), "30m": ("{",)}),
    "a series that vanishes": (
        {HEARD: "1x10 _x50"},
        {"14m": (), "19m": (), "22m": ("{", GONE), "60m": ("{", GONE)},
    ),
    "one of two": ({HEARD: "1x10 _x50", OTHER: "1x60"}, {"22m": (GONE,), "60m": (GONE,)}),
    "a short gap": ({HEARD: "1x10 _x8 1x40"}, {"19m": (), "25m": (), "45m": ()}),
    "values that change": ({HEARD: "0x10 1x10 0+1x30"}, {"6m": (), "30m": (), "45m": ()}),
    "one that went long ago": ({HEARD: "1x10 _x100", OTHER: "1x110"}, {"85m": (), "100m": ()}),
}


def silence_tests(twin: AlertingRule) -> Iterator[str]:
    severity = dict(twin.labels)["severity"].text
    summary = dict(twin.annotations)["summary"].text
    yield "rule_files: [twins.yml]\nevaluation_interval: 1m\ntests:"
    metrics = re.findall(r"absent\(([a-zA-Z_]+)", twin.expr_text)
    for title, (series, asked) in SILENCES.items():
        yield f"  - name: {title}\n    interval: 1m\n    input_series:"
        if not series:
            yield "      - {series: 'other', values: '1x10'}"
        for metric in metrics:
            yield from (f"      - {{series: '{metric}{{{k}}}', values: '{v}'}}" for k, v in series.items())
        yield "    alert_rule_test:"
        for at, fires in asked.items():
            yield f"      - eval_time: {at}\n        alertname: {twin.name}\n        exp_alerts:"
            for labels in fires:
                yield f"          - exp_labels: {labels}severity: {severity}}}"
                yield f"            exp_annotations: {{summary: '{summary}'}}"


@pytest.fixture(scope="module")
def silences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each twin's rule file and test file."""
    folder = tmp_path_factory.mktemp("twins")
    for group in metric_groups():
        for rule in group.rules:
            if isinstance(rule, AlertingRule) and rule.name.endswith(SUFFIX):
                place = folder / rule.name
                place.mkdir()
                only = Group(
                    path="",
                    name=group.name,
                    interval_ms=group.interval_ms,
                    limit=0,
                    rules=(rule,),
                )
                (place / "twins.yml").write_text(rule_file(only), "utf-8")
                (place / "test.yml").write_text("\n".join(silence_tests(rule)) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize("name", twins())
def test_silence_is_told_once_it_lasts(name: str, silences: Path) -> None:
    place = silences / name
    results = run_promtool(
        "test.yml", (place / "test.yml").read_text("utf-8"), lambda file: (place / file).read_text("utf-8")
    )
    assert failures(results) == []
    assert tally(results)[name].has(LEAST)


@pytest.mark.parametrize("name", twins())
def test_promtool_agrees_about_silence(name: str, silences: Path) -> None:
    assert promtool("test", "rules", "test.yml", folder=silences / name) == ""


def failures(results: tuple[Result, ...]) -> list[str]:
    return [f"{result.name}: {'; '.join(result.differences)}" for result in results if not result.passed]


def test_metric_rules_are_prometheus_rules_as_they_are() -> None:
    for path in (PACK / "prometheus").glob("*.yml"):
        assert load([(path.name, path.read_text("utf-8"))]).problems == ()
        assert promtool("check", "rules", path.name, folder=path.parent) == ""
