"""Tests beside a runbook are read whole, and every mistake in them is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.severity import Severity
from tocsin.runbooks.rehearsal_file import MOST_TESTS, Expectation, Given, read_tests

WHOLE = """\
tests:
- name: a whole one
  incident: {severity: P2, type: drift, title: It drifts, service: [shop]}
  alert: {alertname: Drift, count: 5}
  given:
    look: {after: 5m, answer: {source: one, n: 4}, output: {ips: [192.0.2.1]}, outcome: failed}
    tell: {}
  expect:
    fits: true
    order: [look, tell]
    not_applicable: lock
    missed: [tell]
    failed: [look]
    actions: [page, {waf.block: {ips: [192.0.2.1]}}, {idp.disable_user: '{{ x }}'}]
- name: a short one
  expect: {order: []}
"""


def test_a_whole_test_is_read() -> None:
    (whole, short), faults = read_tests(WHOLE, "a.test.yml")
    assert not faults
    assert (whole.name, whole.path, whole.line) == ("a whole one", "a.test.yml", 2)
    assert (whole.severity, whole.type, whole.title, whole.services) == (
        Severity.P2,
        "drift",
        "It drifts",
        ("shop",),
    )
    assert whole.labels == {"alertname": "Drift", "count": "5"}
    assert whole.given == {
        "look": Given(
            after=timedelta(minutes=5),
            answers={"source": "one", "n": "4"},
            output={"ips": ["192.0.2.1"]},
            outcome="failed",
        ),
        "tell": Given(),
    }
    assert whole.expected == Expectation(
        order=("look", "tell"),
        not_applicable=frozenset({"lock"}),
        missed=frozenset({"tell"}),
        failed=frozenset({"look"}),
        actions=(
            ("page", {}),
            ("waf.block", {"ips": ["192.0.2.1"]}),
            ("idp.disable_user", {"": "{{ x }}"}),
        ),
        fits=True,
    )
    assert (short.severity, short.given, short.expected) == (Severity.P1, {}, Expectation(order=()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tests: [", "This is not YAML"),
        ("test: []", "The key `test` is not known here."),
        ("{}", "The key `tests` is missing."),
        ("tests: {}", "A list is expected here, found a mapping."),
        ("tests: [{expect: {order: []}}]", "The key `name` is missing."),
        ("tests: [{name: a}]", "The key `expect` is missing."),
        ("tests: [{name: a, expect: {}}]", "The key `order` is missing."),
        ("tests: [{name: a, incident: {severity: P9}, expect: {order: []}}]", "`P9` is not possible here."),
        ("tests: [{name: a, given: {b: {after: soon}}, expect: {order: []}}]", "`soon` is not a length"),
        ("tests: [{name: a, given: {b: {outcome: odd}}, expect: {order: []}}]", "`odd` is not possible"),
        ("tests: [{name: a, expect: {order: [], fits: 5}}]", "True or false is expected"),
        ("tests: [" + "{name: a, expect: {order: []}}, " * (MOST_TESTS + 1) + "]", "there are more than"),
    ],
)
def test_a_mistake_is_named(text: str, reason: str) -> None:
    _, faults = read_tests(text, "a.test.yml")
    assert any(reason.lower() in fault.reason.lower() for fault in faults)
