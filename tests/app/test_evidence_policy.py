from __future__ import annotations

from pathlib import Path

import pytest

from nouns import an_alert, an_incident
from tocsin.app.evidence_policy import Openings, evidence_policy
from tocsin.app.packs import packs_of
from tocsin.app.performing import collectors_of
from tocsin.app.settings import load_settings
from tocsin.domain.pack_file import PackProblem


def test_the_shipped_policy_keeps_the_audit_trail_of_every_incident(tmp_path: Path) -> None:
    policy = evidence_policy(packs_of(load_settings({}, home=tmp_path)))
    starts = Openings(policy)(an_incident(), [an_alert()])
    assert "audit.snapshot" in [start.collector for start in starts]


def test_a_pack_of_ones_own_starts_more_where_its_condition_holds(tmp_path: Path) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    text = "open:\n- {keep: app.log, if: alert.zone == 'a'}\n- {keep: audit.export, if: alert.zone == 'b'}\n"
    (pack / "evidence.yml").write_text(text)
    policy = evidence_policy(packs_of(load_settings({}, home=tmp_path)))
    assert [each.collector for each in Openings(policy)(an_incident(), [an_alert()])] == ["app.log"]
    assert policy.collectors <= set(collectors_of())
    (pack / "evidence.yml").write_text("opne: []\n")
    with pytest.raises(PackProblem, match="opne"):
        evidence_policy(packs_of(load_settings({}, home=tmp_path)))
