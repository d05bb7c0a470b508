"""Each indicator of the MCP connectors is a row of the pack, with rules and their tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PACK = Path(__file__).resolve().parents[2] / "packs" / "mcp-connectors"
LEVELS = {"Critical": "critical", "High": "high", "Medium": "medium"}
TESTS = 3

Row = tuple[str, str, tuple[str, ...]]


def rows() -> list[Row]:
    """Return the indicator, level and rules of each row of the pack's table."""
    table = (PACK / "README.md").read_text("utf-8").split("## Rows")[1].split("\n\n")[1]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return [(cell[0], cell[1], tuple(re.findall(r"`(mcp_[a-z_]+)`", cell[2]))) for cell in cells]


def rule(name: str) -> dict[str, object]:
    found = yaml.safe_load((PACK / "rules" / f"{name}.yml").read_text("utf-8"))
    assert isinstance(found, dict)
    assert found["name"] == name
    return found


def numbers_of(name: str) -> tuple[int, int]:
    """Return how many tests want an alert of a rule and how many want quiet."""
    files = [path.read_text("utf-8") for path in (PACK / "tests").glob("*.test.yml")]
    whole = [document for text in files for document in yaml.safe_load_all(text)]
    tests = [test for document in whole if document["rule"] == name for test in document["tests"]]
    fires = sum(bool(test["expect"]) for test in tests)
    return fires, len(tests) - fires


def test_there_are_twelve_indicators() -> None:
    assert len(rows()) == 12
    assert all(rules for _, _, rules in rows())


@pytest.mark.parametrize(("indicator", "level", "rules"), rows())
def test_each_indicator_has_rules_of_its_level_and_tests(
    indicator: str, level: str, rules: tuple[str, ...]
) -> None:
    levels = {rule(name)["level"] for name in rules}
    if indicator.startswith("Confirmed"):
        assert "critical" not in levels, "a confirmed state is no detection"
    else:
        assert LEVELS[level] in levels
    for name in rules:
        fires, quiet = numbers_of(name)
        assert fires >= TESTS, name
        assert quiet >= TESTS, name


def test_no_alert_of_the_pack_has_neither_a_row_nor_a_correlation_that_counts_it() -> None:
    named = {name for _, _, rules in rows() for name in rules} | {"mcp_service_down"}
    counted = set()
    for path in (PACK / "rules").glob("*.yml"):
        found = yaml.safe_load(path.read_text("utf-8"))
        counted |= set(found.get("correlation", {}).get("rules", []))
        counted |= set(found.get("tocsin.ratio", {}).get("of", []))
    assert {path.stem for path in (PACK / "rules").glob("*.yml")} == named | counted


def test_an_outage_of_all_counts_as_many_as_the_inventory_has() -> None:
    inventory = yaml.safe_load((PACK / "tables" / "mcp_services.yml").read_text("utf-8"))
    outage = rule("mcp_outage_of_all")["correlation"]
    assert isinstance(outage, dict)
    assert outage["condition"]["gte"] == len(inventory["rows"])
