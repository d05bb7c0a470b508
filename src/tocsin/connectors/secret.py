"""A secret that cannot be printed by mistake."""

from __future__ import annotations

from typing import NoReturn

HIDDEN = "***"


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
