"""Each type of incident of AI governance is a row of the pack, with rules of that type and their tests."""

from __future__ import annotations

import pytest

from pack_rows import Pack, Row

PACK = Pack("ai-governance", "gov")
TYPES = (
    *("drift", "security", "agent-violation", "data-breach"),
    *("quality-degradation", "deployment-failure"),
)


def test_the_six_types_are_there() -> None:
    assert tuple(row.cells[0].strip("`") for row in PACK.rows()) == TYPES


@pytest.mark.parametrize("row", PACK.rows(), ids=lambda row: row.cells[0])
def test_each_type_has_rules_that_name_it_and_tests(row: Row) -> None:
    assert row.rules
    for name in row.rules:
        PACK.check(name)
        assert PACK.rules()[name]["tocsin.incident_type"] == row.cells[0].strip("`")


def test_every_rule_has_a_purpose() -> None:
    PACK.check_that_every_rule_has_a_purpose()


def test_a_data_breach_is_never_one_record() -> None:
    breaches = [rule for rule in PACK.rules().values() if rule.get("tocsin.incident_type") == "data-breach"]
    assert breaches
    assert all(len(rule["correlation"]["rules"]) > 1 for rule in breaches)
