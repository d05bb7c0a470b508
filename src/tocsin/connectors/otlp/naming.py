"""Names of OTLP metrics and attributes as Prometheus writes them, so that rules written for it hold.

By OpenTelemetry's "Prometheus and OpenMetrics Compatibility", as Prometheus itself translates OTLP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin.domain.sample import Labels

_UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
    "1": "",
    "$": "dollars",
}
_PER = {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}
_PER["y"] = "year"
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_IN_A_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_BRACED = re.compile(r"\{[^}]*\}")

TOTAL = "total"
RATIO = "ratio"


def metric_name(name: str, unit: str, *, is_counter: bool = False, is_gauge: bool = False) -> str:
    """Return the name in Prometheus: words joined by `_`, then the unit, then `_total` or `_ratio`."""
    words = [word for word in _NOT_IN_A_NAME.split(name) if word]
    for suffix in _unit_words(unit):
        if suffix not in words:
            words.append(suffix)
    if is_counter:
        words = [*(word for word in words if word != TOTAL), TOTAL]
    elif is_gauge and unit.strip() == "1":
        words = [*(word for word in words if word != RATIO), RATIO]
    joined = "_".join(words)
    return f"_{joined}" if joined[:1].isdigit() else joined


def label_name(name: str) -> str:
    """Return an attribute's name as a label: letters, digits and `_`, no digit or single `_` first."""
    label = _NOT_IN_A_LABEL.sub("_", name)
    if label[:1].isdigit():
        return f"key_{label}"
    return f"key{label}" if label.startswith("_") and not label.startswith("__") else label


def labels_of(name: str, attributes: Mapping[str, str], ours: Mapping[str, str]) -> Labels:
    """Return sorted labels; attributes that become one name are joined by `;`, ours come before theirs."""
    found: dict[str, str] = {}
    for attribute in sorted(attributes):
        label = label_name(attribute)
        text = attributes[attribute]
        if label and text:
            found[label] = f"{found[label]};{text}" if label in found else text
    found.update((label, text) for label, text in ours.items() if text)
    found["__name__"] = name
    return tuple(sorted(found.items()))


def _unit_words(unit: str) -> list[str]:
    main, _, per = _BRACED.sub("", unit).strip().partition("/")
    words = [_cleaned(_UNITS.get(main, main))]
    if per := per.strip():
        words += ["per", _cleaned(_PER.get(per, per))]
    return [word for word in words if word]


def _cleaned(word: str) -> str:
    return "_".join(part for part in _NOT_IN_A_NAME.split(word) if part)
