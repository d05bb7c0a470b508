"""The family every refusal of Tocsin belongs to, so that each one can explain itself to a tired person."""

from __future__ import annotations

from typing import ClassVar


class Explained(Exception):
    """A refusal that says what happened, what it means and what to do next.

    `code` is stable, documented in `docs/errors.md` and shown by the API, the console and the CLI.
    """

    code: ClassVar[str] = "tocsin_error"

    def __init__(self, happened: str, *, means: str, next_step: str) -> None:
        super().__init__(happened)
        self.happened = happened
        self.means = means
        self.next_step = next_step

    def explain(self) -> str:
        """Return the three lines a person reads: what happened, what it means, what to do."""
        return f"{self.happened}\n{self.means}\n{self.next_step}"


class NotFound(Explained):
    """Something was asked for by an id that names nothing."""

    code = "not_found"


class Overloaded(Explained):
    """We cannot take more work now; nothing was accepted and the sender should try again (HTTP 503)."""

    code = "overloaded"


class Misconfigured(Explained):
    """A setting or a pack file is wrong or missing."""

    code = "misconfigured"
