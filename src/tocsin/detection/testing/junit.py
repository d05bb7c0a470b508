"""Writes test results as JUnit XML, the form that CI systems show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from tocsin.detection.testing.result import Result

# What XML 1.0 cannot hold, even escaped.
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Result], *, seconds: float) -> str:
    """Return one document with a suite for each file; `seconds` is how long all took.

    A test that could not be run is an `error`, one that went otherwise than it wants a `failure`.
    """
    top = Element("testsuites", _counts(results), name="tocsin detect test", time=f"{seconds:.3f}")
    for path, each in groupby(sorted(results, key=_order), key=lambda result: result.path):
        own = tuple(each)
        suite = SubElement(top, "testsuite", _counts(own), name=_clean(path))
        for result in own:
            _add(suite, result)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode") + "\n"


def _order(result: Result) -> tuple[str, int, int]:
    return result.path, result.line, result.column


def _counts(results: Sequence[Result]) -> dict[str, str]:
    broken = sum(result.is_broken for result in results)
    failed = sum(not result.passed for result in results) - broken
    return {"tests": str(len(results)), "failures": str(failed), "errors": str(broken)}


def _add(suite: Element, result: Result) -> None:
    written = SubElement(
        suite,
        "testcase",
        name=_clean(result.name),
        classname=_clean(", ".join(result.rules) or result.kind.value),
        file=_clean(result.path),
        line=str(result.line),
    )
    if not result.passed:
        fault = SubElement(written, "error" if result.is_broken else "failure")
        fault.set("message", _clean(result.differences[0]))
        fault.text = _clean("\n".join((result.place, *result.differences)))


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
