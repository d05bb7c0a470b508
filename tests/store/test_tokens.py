from __future__ import annotations

import hashlib
import re

from tocsin.store.tokens import new_token, token_digest


def test_a_token_is_recognisable_and_only_its_digest_is_kept():
    text, digest = new_token()
    assert re.fullmatch(r"tocs_[A-Za-z0-9_-]{43}", text)
    assert digest == hashlib.sha256(text.encode()).hexdigest() == token_digest(text)


def test_no_two_tokens_are_alike():
    assert len({new_token()[0] for _ in range(100)}) == 100


def test_any_text_from_outside_has_a_digest():
    assert len(token_digest("\ud800")) == 64
