"""A subscription is confirmed at SNS's own address and nowhere else."""

from __future__ import annotations

import pytest

from tocsin.connectors.outbound import Answer
from tocsin.connectors.sns.confirming import confirm, run
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
TOPIC = "arn:aws:sns:eu-west-1:1:t"


class Amazon:
    """Answers as it is told and writes down what was asked."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked: list[str] = []

    def request(self, method: str, url: str, *, headers: object) -> Answer:
        self.asked.append(f"{method} {url}")
        return Answer(self.status, {}, b"")


def test_the_address_is_visited_once() -> None:
    amazon = Amazon(200)
    assert confirm(URL, amazon) == "subscription confirmed"
    assert amazon.asked == [f"GET {URL}"]


@pytest.mark.parametrize("url", ["https://evil.example/", "http://169.254.169.254/", ""])
def test_another_address_is_never_visited(url: str) -> None:
    amazon = Amazon(200)
    with pytest.raises(DeliveryFailed) as failed:
        confirm(url, amazon)
    assert (failed.value.kind, amazon.asked) == (FailureKind.REFUSED, [])


def test_a_refusal_or_redirect_is_a_failure() -> None:
    for status in (302, 403, 500):
        with pytest.raises(DeliveryFailed):
            confirm(URL, Amazon(status))


def test_a_topic_that_was_taken_off_the_list_is_not_confirmed() -> None:
    for allowed in ("", "arn:aws:sns:eu-west-1:1:other"):
        with pytest.raises(DeliveryFailed) as failed:
            run({"url": URL, "topic": TOPIC}, {"TOCSIN_SNS_TOPICS": allowed})
        assert failed.value.kind is FailureKind.REFUSED


def test_a_topic_may_be_allowed_for_one_source() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        run({"url": "https://evil.example", "topic": TOPIC}, {"TOCSIN_SNS_TOPICS": f"x=y,prod={TOPIC}"})
    assert "address" in failed.value.reason
