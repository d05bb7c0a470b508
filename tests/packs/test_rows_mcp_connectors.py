"""Each indicator of the MCP connectors is a row of the pack, with rules and their tests."""

from __future__ import annotations

import pytest
import yaml

from pack_rows import Pack, Row

PACK = Pack("mcp-connectors", "mcp")
LEVELS = {"Critical": "critical", "High": "high", "Medium": "medium"}


def test_there_are_twelve_indicators() -> None:
    assert len(PACK.rows()) == 12
    assert all(row.rules for row in PACK.rows())


@pytest.mark.parametrize("row", PACK.rows(), ids=lambda row: row.cells[0])
def test_each_indicator_has_rules_of_its_level_and_tests(row: Row) -> None:
    indicator, level, *_ = row.cells
    levels = {PACK.rules()[name]["level"] for name in row.rules}
    if indicator.startswith("Confirmed"):
        assert "critical" not in levels, "a confirmed state is no detection"
    else:
        assert LEVELS[level] in levels
    for name in row.rules:
        PACK.check(name)


def test_every_rule_has_a_purpose() -> None:
    named = {name for row in PACK.rows() for name in row.rules}
    assert set(PACK.rules()) == named | PACK.counted()
    assert "mcp_service_down" not in PACK.silent()


def test_an_outage_of_all_counts_as_many_as_the_inventory_that_it_is_tested_with_has() -> None:
    documents = yaml.safe_load_all((PACK.folder / "tests" / "service.test.yml").read_text("utf-8"))
    (tested,) = [document for document in documents if document["rule"] == "mcp_outage_of_all"]
    outage = PACK.rules()["mcp_outage_of_all"]["correlation"]
    assert outage["condition"]["gte"] == len(tested["tables"]["mcp_services"]["rows"])


def test_no_table_names_anything_that_is_not_everybodys() -> None:
    """A pack that is switched on before its tables are filled calls nobody."""
    tables = [yaml.safe_load(path.read_text("utf-8")) for path in (PACK.folder / "tables").glob("*.yml")]
    filled = {table["name"] for table in tables if table["rows"]}
    assert filled == {"known_principals", "mcp_parameter_paths"}
