"""Reads the evidence policy in force, and says which collectors it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.app.packs import Packs
from tocsin.app.packs_at_start import PacksAtStart
from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.evidence.opening import Start, starts_at_opening
from tocsin.evidence.policy import EvidencePolicy, parse_evidence

POLICY_FILE = "evidence.yml"


@dataclass(frozen=True, slots=True)
class Openings:
    """What the policy starts when an incident opens."""

    policy: EvidencePolicy

    def __call__(self, incident: Incident, alerts: Sequence[Alert]) -> tuple[Start, ...]:
        return starts_at_opening(self.policy, incident, alerts)


def evidence_policy(packs: Packs | PacksAtStart) -> EvidencePolicy:
    """Return the policy in force. Raises `PackProblem`, `Misconfigured`."""
    file = packs.file(POLICY_FILE)
    return parse_evidence(file.text, file.path)
