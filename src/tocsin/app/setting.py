"""One setting: what it is called, what holds without it, and what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its `TOCSIN_*` name, default text, meaning, and whether it is shown as `***`.

    It is one of `words` if there are any, and a number above zero if its default is a number.
    """

    name: str
    default: str
    meaning: str
    secret: bool = False
    words: tuple[str, ...] = ()
