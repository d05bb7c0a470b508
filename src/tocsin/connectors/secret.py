"""A secret that cannot be printed by mistake."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "***"
SHORTEST_PART = 8
"""Parts of an address that are shorter are words, and no keys."""


class Secret:
    """Text that shows as `***` wherever it is printed, formatted or logged. Only `reveal` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written to disk or sent to another process.")


def hidden_in(text: str, *secrets: Secret) -> str:
    """Return the text with every secret replaced, for partners whose answers repeat what they were sent."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), HIDDEN)
    return text


def secrets_in(address: Secret) -> tuple[Secret, ...]:
    """Return an address that is a secret itself, and each part of it that may be the key in it.

    Partners that repeat what they were sent often repeat the path, or the signature of the query, alone.
    """
    try:
        parts = urlsplit(address.reveal())
    except ValueError:
        return (address,)
    found = [address.reveal(), *parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    texts = dict.fromkeys(text for one in found for text in (one, unquote(one)))
    return tuple(Secret(text) for text in texts if len(text) >= SHORTEST_PART)
