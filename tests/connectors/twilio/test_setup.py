from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.twilio.setup import account_of, build_sms, build_voice
from tocsin.domain.errors import Misconfigured

VALUES = {
    "TOCSIN_TWILIO_ACCOUNT": "AC1",
    "TOCSIN_TWILIO_TOKEN": "new-s3cret, old-s3cret",
    "TOCSIN_TWILIO_FROM": "+15005550006",
    "TOCSIN_TWILIO_URL": "https://api.twilio.com/",
    "TOCSIN_PUBLIC_URL": "https://tocsin.example",
}


def test_both_channels_share_the_account_and_hide_its_tokens() -> None:
    nothing: Any = None
    made = [build_sms(VALUES, nothing, nothing), build_voice(VALUES, nothing, nothing)]
    assert [(each.name, each.is_real) for each in made] == [("sms", True), ("voice", True)]
    assert "s3cret" not in repr(made)


def test_while_a_token_rotates_both_are_known() -> None:
    assert [token.reveal() for token in account_of(VALUES).tokens] == ["new-s3cret", "old-s3cret"]
    with pytest.raises(Misconfigured):
        account_of({**VALUES, "TOCSIN_TWILIO_TOKEN": " , "})
