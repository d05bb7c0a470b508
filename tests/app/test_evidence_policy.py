from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nouns import an_alert, an_exhibit, an_incident
from tocsin.app.evidence_policy import Openings, evidence_policy
from tocsin.app.packs import packs_of
from tocsin.app.performing import collectors_of, performers_of
from tocsin.app.settings import load_settings
from tocsin.domain.action import Demand
from tocsin.domain.pack_file import PackProblem
from tocsin.domain.playing import rehearse
from tocsin.evidence.gate import demands_of, missing


def test_the_shipped_policy_keeps_the_audit_trail_of_every_incident(tmp_path: Path) -> None:
    policy = evidence_policy(packs_of(load_settings({}, home=tmp_path)))
    starts = Openings(policy)(an_incident(), [an_alert()])
    assert "audit.snapshot" in [start.collector for start in starts]


@pytest.mark.parametrize(
    ("name", "arguments", "other"),
    [
        ("aws.iam.contain_role", {"role": "a"}, {"role": "b"}),
        ("aws.iam.trust_policy", {"role": "a"}, {"role": "b"}),
        ("aws.iam.revoke_sessions", {"role": "a"}, {"role": "b"}),
        ("aws.iam.deny_user", {"user": "a"}, {"user": "b"}),
        ("aws.iam.delete_key", {"user": "a", "access_key": "K"}, {"user": "b", "access_key": "L"}),
        ("aws.iam.deactivate_key", {"user": "a", "access_key": "K"}, {"user": "b", "access_key": "L"}),
        ("aws.iam.remove_login", {"user": "a"}, {"user": "b"}),
        ("aws.ec2.isolate", {"instance": "a", "group": "g"}, {"instance": "b", "group": "g"}),
        ("entra.disable_user", {"users": ("a",)}, {"users": ("b",)}),
        ("entra.remove_secret", {"application": "a", "key_id": "K"}, {"application": "b", "key_id": "L"}),
        ("entra.disable_application", {"applications": ("a",)}, {"applications": ("b",)}),
    ],
)
def test_evidence_of_one_identity_does_not_open_the_gate_for_another(
    tmp_path: Path, name: str, arguments: dict[str, Any], other: dict[str, Any]
) -> None:
    policy = evidence_policy(packs_of(load_settings({}, home=tmp_path)))
    assert policy.collectors <= set(collectors_of())
    performer = performers_of()[name]

    def demands(given: dict[str, Any]) -> tuple[Demand, ...]:
        objects = rehearse(performer.objects(given)).given
        return demands_of(policy, performer.declaration, (name,), given, objects)

    kept = [
        an_exhibit(number, collector=each.collector, covers=each.collector, of=each.of or "a")
        for number, each in enumerate(demands(arguments), start=1)
    ]
    sealed = tuple(each.number for each in kept)
    assert missing(demands(arguments), kept, sealed, has_second_consent=False) == ()
    lacking = missing(demands(other), kept, sealed, has_second_consent=True)
    assert {each.demand.of for each in lacking} == {"b"}
    assert {each.demand.collector for each in lacking} >= {each.collector for each in kept} - {
        "audit.snapshot"
    }


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
