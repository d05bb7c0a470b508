"""Rule: no secret lies in the repository."""

from __future__ import annotations

import re

SECRETS = {
    "an AWS key": re.compile(
        r"\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE|I44QH8DHBEXAMPLE)(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}\b"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n?\s*[A-Za-z0-9+/]{40}"),
    "a Slack token": re.compile(r"\bxox[abprs]-\d{8,}-\d{8,}-[A-Za-z0-9]{16,}"),
    "a Slack hook": re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a model key": re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{40,}\b"),
    "a token of our own": re.compile(r"\btocs_[A-Za-z0-9_-]{32,}\b"),
    "a password in an address": re.compile(
        r"\b(?:postgres(?:ql)?|smtps?|https?)://[^\s/:@\"'{<]+:(?!pass(?:word)?@|secret@|\*+@)[^\s/@\"'{<]{12,}@"
    ),
}


def test_nothing_in_the_repository_looks_like_a_secret(texts, keep) -> None:
    broken = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1} looks like {what}"
        for path, text in texts
        for what, pattern in SECRETS.items()
        for match in pattern.finditer(text)
    ]
    keep(broken, "make it while the test runs, or use the vendor's own EXAMPLE value")
