"""The level of trust is told as it is."""

from __future__ import annotations


def test_a_log_that_only_we_signed_is_signed_and_no_more(firing, answer, typed):
    told = answer("audit", "trust")
    assert (told["level"], told["window_s"], told["places"]) == ("L1", None, [])
    assert "tamper" not in told["sentence"]
    assert typed("audit", "trust").stdout.startswith("level\tL1\n")
