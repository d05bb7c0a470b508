"""Two small rules and a correlation, and a way to run a test file on them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tocsin.detection.rules import RuleSet, load
from tocsin.detection.testing.reading import read_tests
from tocsin.detection.testing.result import Result
from tocsin.detection.testing.running import Ground, run_test

RULES = """
title: Failed Login
id: 0c1d4f7e-0000-4000-8000-000000000001
name: failed
logsource: {category: authentication}
detection:
  selection: {action: login, outcome: failure}
  condition: selection
level: low
---
title: Export
name: export
logsource: {category: data_access}
detection:
  selection: {action: export, 'records|gte': 100}
  condition: selection
level: high
---
title: Many Failed Logins
name: many_failed
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 1h, condition: {gt: 2}}
level: critical
---
title: Login, Then Export
name: both
correlation: {type: temporal, rules: [failed, export], group-by: [user], timespan: 10m}
level: high
"""

Play = Callable[..., tuple[Result, ...]]


@pytest.fixture(scope="session")
def rule_text() -> str:
    """The rules as text."""
    return RULES


@pytest.fixture(scope="session")
def rule_set() -> RuleSet:
    """The rules, which must load."""
    found = load([("rules.yml", RULES)])
    assert found.problems == ()
    return found


@pytest.fixture
def play(rule_set: RuleSet, levels) -> Play:
    """Run a test file; its own problems must be none."""

    def run(text: str, rules: RuleSet = rule_set, words=levels) -> tuple[Result, ...]:
        read = read_tests("x.test.yml", text)
        assert read.problems == ()
        ground = Ground(rules=lambda tables: rules, levels=words)
        return tuple(run_test(test, ground) for test in read.tests)

    return run
