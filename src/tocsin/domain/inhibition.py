"""An inhibition rule: while one alert fires, others that follow from it call nobody."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.matchers import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """While an unresolved alert fits `source`, alerts that fit `target` are muted.

    All labels of `equal` must be the same on both (absent equals empty). An alert that fits both sides is
    never muted by another that also fits both. `name` is what people are told; `place` says where it stands.
    """

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()
    name: str = ""
    place: str = ""
