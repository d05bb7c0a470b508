"""Tests of the fingerprint: equal to Alertmanager's, whatever the labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.fingerprint import fingerprint


def _alerts(node: Any) -> Iterator[tuple[dict[str, str], str]]:
    if isinstance(node, dict):
        if "fingerprint" in node and "labels" in node:
            yield node["labels"], node["fingerprint"]
        for child in node.values():
            yield from _alerts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _alerts(child)


def test_every_recorded_fingerprint_of_a_real_alertmanager_is_reproduced(shared: Path) -> None:
    recorded = [
        found
        for path in sorted((shared / "captures").glob("*.json"))
        for found in _alerts(json.loads(path.read_text("utf-8")))
    ]
    assert len(recorded) >= 21
    assert [fingerprint(labels) for labels, _ in recorded] == [expected for _, expected in recorded]


def test_no_labels_give_the_offset_of_the_hash() -> None:
    assert fingerprint({}) == "cbf29ce484222325"


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))
def test_the_order_of_labels_does_not_matter(labels: dict[str, str]) -> None:
    backwards = dict(reversed(labels.items()))
    assert fingerprint(labels) == fingerprint(backwards)
    assert len(fingerprint(labels)) == 16
