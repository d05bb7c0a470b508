"""What packs configure is checked before anything starts by it."""

from __future__ import annotations

import pytest

from tocsin.app.packs import Packs
from tocsin.app.policies import build_policies, plan_of
from tocsin.domain.errors import Misconfigured
from tocsin.domain.pack_file import PackProblem
from tocsin.triage.severities import parse_severities


def test_a_broken_pack_file_stops_the_start(tmp_path) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "triage.yml").write_text("rules: [", encoding="utf-8")
    with pytest.raises(PackProblem):
        build_policies(Packs(tmp_path))


def test_severities_without_a_word_for_detection_stop_the_start(tmp_path) -> None:
    words = parse_severities("common: {words: {critical: P1}}", "severities.yml")
    with pytest.raises(Misconfigured, match="no section 'detection'"):
        plan_of(build_policies(Packs(tmp_path)).rules, words)
