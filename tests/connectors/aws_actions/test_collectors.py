"""The contract of every collector of AWS: silent when rehearsed, bound to its object, and it only reads."""

from __future__ import annotations

import pytest

from aws_rigs import no_network
from tocsin.connectors.aws_actions.collectors import COLLECTORS
from tocsin.domain.playing import rehearse

BY_NAME = {each.name: each for each in COLLECTORS}
GIVEN = {
    "cluster": "prod",
    "service": "web",
    "role": "deploy",
    "parameter": "/web/secret",
    "bucket": "trail",
    "instance": "i-1",
    "incident": "INC-7",
    "of": (),
}
LISTS = {"waf.state"}


def test_their_names_are_those_of_the_evidence_rules() -> None:
    assert len(BY_NAME) == len(COLLECTORS)
    rules = {
        "logs.export",
        "ssm.document",
        "identity.describe",
        "identity.last_used",
        "identity.activity_24h",
    }
    assert rules | {"ec2.snapshot", "ecs.tasks", "s3.policy", "waf.state", "sessions"} == set(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_gathering_is_rehearsed_in_silence_and_bound_to_its_object(name: str) -> None:
    with no_network():
        rehearsed = rehearse(BY_NAME[name].gather(GIVEN))
    assert all(each.of and each.source for each in rehearsed.given)
    assert rehearsed.given or name in LISTS
    # A snapshot is made: it adds to what there is, and changes nothing of what is guarded.
    made = {call.operation for call in rehearsed.calls if call.changes}
    assert made == ({"CreateSnapshots"} if name == "ec2.snapshot" else set())


@pytest.mark.parametrize("name", BY_NAME)
def test_only_what_holds_secrets_is_kept_encrypted_alone(name: str) -> None:
    collector = BY_NAME[name]
    assert collector.encrypts is (name == "ssm.document")
    assert 0 <= collector.volatility <= 4
    assert not set(collector.parameters) & set(collector.options)
    assert collector.summary.endswith(".")
