"""Confirms a subscription of SNS, once its message was proved and its topic is one that is allowed."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.hook import Forged
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.sns.certificates import demand_aws
from tocsin.connectors.sorting import failure_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


def run(args: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Visit the address that confirms. Raises `DeliveryFailed`."""
    allowed = [topic.strip() for topic in values["TOCSIN_SNS_TOPICS"].split(",")]
    # The list may have changed since the message came.
    if not any(args["topic"] == topic.rpartition("=")[2] for topic in allowed):
        raise DeliveryFailed(FailureKind.REFUSED, "the topic is not allowed any more")
    return confirm(args["url"], Outbound(allow_private=False))


def confirm(url: str, outbound: Outbound) -> str:
    """Visit an address of SNS, never another. Raises `DeliveryFailed`."""
    try:
        demand_aws(url)
    except Forged as refused:
        raise DeliveryFailed(FailureKind.REFUSED, refused.reason) from None
    answer = outbound.request("GET", url, headers={"Accept": "*/*"})
    if answer.status != 200:
        raise failure_of(answer, "SNS")
    return "subscription confirmed"
