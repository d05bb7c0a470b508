"""The only HTTP of the Teams connector: a card is posted to a workflow, whose URL is its secret."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in, secrets_in
from tocsin.connectors.sorting import failure_of
from tocsin.connectors.teams.card import Card, written
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# https://learn.microsoft.com/power-automate/: a workflow "when a webhook request is received" answers 202
# without a body. The retired connectors answered 200 with the word 1, and with a sentence where they failed.
_SUCCESSES = frozenset({(202, b""), (200, b""), (200, b"1")})


@dataclass(frozen=True, slots=True)
class Workflow:
    """Posts cards to workflows of Microsoft Teams."""

    outbound: Outbound = field(default_factory=Outbound)

    def post(self, card: Card, url: Secret) -> Receipt:
        """Post once. Raises `DeliveryFailed`, without the URL. 202 says that the workflow was started."""
        headers = {"Content-Type": "application/json"}
        answer = self.outbound.post(url.reveal(), content=written(card), headers=headers)
        if not 200 <= answer.status < 300:
            raise failure_of(answer, "Teams", *secrets_in(url))
        if (answer.status, answer.body.strip()) not in _SUCCESSES:
            said = one_line(hidden_in(answer.body.decode("utf-8", "replace"), *secrets_in(url)), limit=200)
            reason = f"Teams answered {answer.status} with what is not a workflow's: {said}"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
        return Receipt(str(answer.status))
