"""Makes signals of a Cobertura coverage report: one of the whole, one of each package."""

from __future__ import annotations

import math
from typing import Any

import orjson

from tocsin.connectors.code_quality.markup import Element, read_markup
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import Refused, UnknownFormat

_KEPT = frozenset({"packages", "package"})
_ROUTE = {"product": "code", "category": "quality", "tool": "cobertura", "kind": "coverage"}


def read_cobertura(body: bytes) -> Parsed:
    """Make the signals of a report; percentages run from 0 to 100.

    The whole has `scope: total`, `coverage`, `branch_coverage`, `lines_covered`, `lines_valid`, `timestamp`;
    a package has `scope: package`, `package`, `coverage`, `branch_coverage`. A package without a readable
    rate is refused alone. Raises `UnknownFormat` for another document, or one without a rate.
    Format: https://github.com/cobertura/cobertura (`coverage-04.dtd`).
    """
    root = read_markup(body, _KEPT)
    total = _rates(root)
    if root.tag != "coverage" or total is None:
        raise UnknownFormat("The XML is no Cobertura report: its root is no `coverage` with a `line-rate`.")
    lines = [orjson.dumps(_ROUTE | {"scope": "total"} | total | _counts(root))]
    refused: list[Refused] = []
    packages = root.first("packages")
    for package in packages.all("package") if packages else ():
        name = package.attributes.get("name", "")
        rates = _rates(package)
        if rates is None:
            told = orjson.dumps(package.attributes, option=orjson.OPT_NON_STR_KEYS)
            refused.append(Refused(told, f"the package {name[:80]!r} has no readable line-rate"))
        else:
            lines.append(orjson.dumps(_ROUTE | {"scope": "package", "package": name} | rates))
    return Parsed(tuple(lines), tuple(refused))


def _rates(element: Element) -> dict[str, Any] | None:
    line = percent(element.attributes.get("line-rate"))
    if line is None:
        return None
    branch = percent(element.attributes.get("branch-rate"))
    return {"coverage": line} | ({} if branch is None else {"branch_coverage": branch})


def _counts(root: Element) -> dict[str, int]:
    names = {"lines_covered": "lines-covered", "lines_valid": "lines-valid", "timestamp": "timestamp"}
    found = {ours: root.attributes.get(theirs, "") for ours, theirs in names.items()}
    return {
        name: int(text)
        for name, text in found.items()
        if text.isascii() and text.isdigit() and len(text) < 18
    }


def percent(rate: str | None) -> float | None:
    """Turn a rate between 0 and 1, as text, into percent with two digits; None for anything else."""
    try:
        value = float(rate or "")
    except ValueError:
        return None
    return round(value * 100, 2) if math.isfinite(value) and 0 <= value <= 1 else None
