from __future__ import annotations

import pytest

from http_partner import HttpPartner, http_partner
from tocsin.connectors.witness.client import Answered, WitnessClient
from tocsin.domain.ports.delivery import DeliveryFailed


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_request_goes_to_the_submission_prefix(slash: str) -> None:
    partner = HttpPartner(lambda received: (409, {"Content-Type": "text/x.tlog.size"}, b"5\n"))
    with http_partner(partner) as witness:
        answered = WitnessClient(f"{witness.url}/w1{slash}").submit(b"old 0\n\nnote")
    assert answered == Answered(409, b"5\n")
    (received,) = partner.received
    assert (received.method, received.path, received.body) == (
        "POST",
        "/w1/add-checkpoint",
        b"old 0\n\nnote",
    )


def test_a_witness_that_is_not_there_is_said() -> None:
    with pytest.raises(DeliveryFailed):
        WitnessClient("http://127.0.0.1:9/").submit(b"")
