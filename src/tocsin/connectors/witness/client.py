"""Submits a checkpoint to a witness over HTTP.

Protocol: https://c2sp.org/tlog-witness (v1.0.0). Only origin, size, root and hashes leave the house.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.connectors.outbound import Outbound

TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answered:
    """A witness's answer, whatever its status; nothing of it is verified."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class WitnessClient:
    """`url` is the witness's submission prefix, as the policy file names it."""

    url: str
    outbound: Outbound = field(default_factory=Outbound)

    def submit(self, content: bytes) -> Answered:
        """Send a request to add a checkpoint. Raises `DeliveryFailed` when there is no answer."""
        address = f"{self.url.rstrip('/')}/add-checkpoint"
        answer = self.outbound.post(address, content=content, headers={"Content-Type": TYPE})
        return Answered(answer.status, answer.body)
