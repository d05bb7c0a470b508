"""A group reaches Teams as a card, in the words that its template gave."""

from __future__ import annotations

from typing import Any

import pytest

from group_notifications import firing, integration, resolved
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.teams.notifier import TeamsNotifier, build_notifier
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

NOTIFIER = TeamsNotifier(Outbound(time_limit_s=20))


@pytest.mark.parametrize("kind", ["msteams", "msteamsv2"])
def test_a_group_is_told_in_red_and_in_green(teams: Any, kind: str) -> None:
    told = integration(kind, webhook_url=teams.hook, title="Auth failures", text="# Firing\n- a {{DATE(x)}}")
    NOTIFIER.notify(firing(), integration(kind, webhook_url=teams.hook))
    NOTIFIER.notify(firing(), integration(kind, webhook_url=teams.hook, text="# Firing\n- <at>all</at>"))
    NOTIFIER.notify(resolved(firing()), told)
    first, second, third = (card["body"] for card in teams.cards)
    assert (first[0]["text"], first[0]["color"]) == (
        "\\[FIRING:2\\] AuthFailureSpike lab \\(critical\\)",
        "attention",
    )
    assert second[1]["text"] == "# Firing\n- < at>all</at>"
    assert (third[0]["text"], third[0]["color"], len(third)) == ("Auth failures", "good", 1)


def test_without_an_address_it_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(firing(), integration("msteamsv2"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
