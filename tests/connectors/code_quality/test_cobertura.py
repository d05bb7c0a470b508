"""A coverage report is one signal of the whole in percent, and one of each package."""

from __future__ import annotations

import orjson
import pytest

from tocsin.connectors.code_quality.cobertura import percent
from tocsin.connectors.refusal import UnknownFormat
from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

REPORT = b"""<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
<!-- made for a test -->
<coverage version="7.6" timestamp="1795206600000" lines-valid="200" lines-covered="165"
 line-rate="0.825" branch-rate="0.5" complexity="0">
 <sources><source>src</source></sources>
 <packages>
  <package name="app.flow" line-rate="0.9" branch-rate="1"><classes/></package>
  <package name="app.store" line-rate="0.75"><classes/></package>
  <package name="app.odd" line-rate="NaN"><classes/></package>
 </packages>
</coverage>"""


def test_the_whole_and_each_package_are_signals_in_percent() -> None:
    assert recognise(REPORT) == "cobertura"
    found = read(REPORT)
    total, flow, store = (orjson.loads(line) for line in found.lines)
    assert total == {
        "product": "code",
        "category": "quality",
        "tool": "cobertura",
        "kind": "coverage",
        "scope": "total",
        "coverage": 82.5,
        "branch_coverage": 50.0,
        "lines_covered": 165,
        "lines_valid": 200,
        "timestamp": 1795206600000,
    }
    assert (flow["scope"], flow["package"], flow["coverage"], flow["branch_coverage"]) == (
        "package",
        "app.flow",
        90.0,
        100.0,
    )
    assert (store["coverage"], "branch_coverage" in store) == (75.0, False)
    assert origin(signature(total)).fits(LogSource(product="code", category="quality"))
    assert [part.reason for part in found.refused] == ["the package 'app.odd' has no readable line-rate"]


@pytest.mark.parametrize(
    "body", [b"<coverage/>", b"<coverage line-rate='2'/>", b"<other line-rate='1'/>", b"{}"]
)
def test_another_document_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnknownFormat):
        parse("cobertura", body)


def test_a_report_without_packages_has_the_whole_alone() -> None:
    assert len(parse("cobertura", b"<coverage line-rate='1' timestamp='x'/>").lines) == 1


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [("0", 0.0), ("1.0", 100.0), ("0.12345", 12.35), ("1.01", None), ("inf", None), ("", None), (None, None)],
)
def test_a_rate_is_between_0_and_1(rate: str | None, wanted: float | None) -> None:
    assert percent(rate) == wanted
