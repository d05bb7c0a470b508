"""A test that wants an alert fires; one that wants none, or only forbids some, does not."""

from __future__ import annotations

from tocsin.detection.testing.reading import read_tests


def test_a_test_fires_when_it_wants_an_alert() -> None:
    tests = ("{name: x, expect: [{}]}", "{name: y, expect: []}", "{name: z, expect_not: [{}]}")
    text = "rule: a\ntests:\n  - " + "\n  - ".join(tests)
    assert [test.fires for test in read_tests("x", text).tests] == [True, False, False]
