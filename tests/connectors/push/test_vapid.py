"""A push service can tell that it is us, for a while, and for itself alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from fake_browser import claims_of

from tocsin.connectors.push.vapid import Vapid, bytes64, key_of, text64
from tocsin.domain.clock import PushedClock

CLOCK = PushedClock(datetime(2026, 11, 20, 20, tzinfo=UTC))
VAPID = Vapid(key_of(b"\7" * 32), "mailto:ada@example.org", CLOCK)
ENDPOINT = "https://push.example:8443/send/abc?x=1"


def test_the_statement_names_the_service_and_ends() -> None:
    claims = claims_of(VAPID.authorization(ENDPOINT))
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": int(CLOCK.now().timestamp()) + 12 * 3600,
        "sub": "mailto:ada@example.org",
        "k": VAPID.public_key,
    }


def test_a_statement_that_was_changed_is_not_believed() -> None:
    made, other = (VAPID.authorization(each) for each in (ENDPOINT, "https://push.example/"))
    (header, claims, _), (_, _, foreign) = (each.partition(", k=")[0].split(".") for each in (made, other))
    forged = f"{header}.{claims}.{foreign}, k={VAPID.public_key}"
    with pytest.raises(InvalidSignature):
        claims_of(forged)


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, b"\1" * 32])
def test_every_seed_is_a_key_and_the_same_one_each_time(seed: bytes) -> None:
    made = [Vapid(key_of(seed), "mailto:x@y", CLOCK).public_key for _ in range(2)]
    assert made[0] == made[1]
    assert len(bytes64(made[0])) == 65


def test_base64url_is_read_with_or_without_padding_and_nothing_else() -> None:
    assert bytes64("_-8") == bytes64("_-8=") == b"\xff\xef"
    assert text64(b"\xff\xef") == "_-8"
    for wrong in ("a b", "ü", "a+/b"):
        with pytest.raises(ValueError, match=r".+"):
            bytes64(wrong)


def test_the_key_is_in_no_repr() -> None:
    assert "key=" not in repr(VAPID).replace("public_key", "")
