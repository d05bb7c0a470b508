"""CI systems can read the results, whatever stands in them."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from tocsin.detection.testing.junit import junit
from tocsin.detection.testing.result import Kind, Result


def _result(path: str, name: str, *differences: str, is_broken: bool = False, rules=("a", "b")) -> Result:
    return Result(
        kind=Kind.OURS,
        path=path,
        line=3,
        column=5,
        rules=rules,
        name=name,
        differences=differences,
        is_broken=is_broken,
    )


RESULTS = [
    _result("b.yml", "passes"),
    _result("a.yml", 'fails <&" \x00\ud800 it', "got \x1b[0m", "more"),
    _result("a.yml", "breaks", "cannot run", is_broken=True, rules=()),
]


def test_each_file_is_a_suite_with_its_counts() -> None:
    top = fromstring(junit(RESULTS, seconds=1.25))
    assert top.attrib == {
        "name": "tocsin detect test",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "time": "1.250",
    }
    assert [(suite.get("name"), suite.get("tests")) for suite in top] == [("a.yml", "2"), ("b.yml", "1")]


def test_a_failure_and_an_error_are_told_apart_and_carry_the_differences() -> None:
    failed, broken, passed = fromstring(junit(RESULTS, seconds=0)).iter("testcase")
    assert failed.find("failure").text == "a.yml:3:5\ngot \ufffd[0m\nmore"
    assert failed.get("name") == 'fails <&" \ufffd\ufffd it'
    assert broken.find("error").get("message") == "cannot run"
    assert broken.get("classname") == "test"
    assert list(passed) == []
    assert (passed.get("classname"), passed.get("line")) == ("a, b", "3")


def test_no_results_are_a_document_too() -> None:
    assert fromstring(junit([], seconds=0)).get("tests") == "0"
