"""What each connector says of itself: its settings, the rights it wants, and where its code lies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What a connector is for."""

    ALERTS = "alerts"
    SIGNALS = "signals"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSetting:
    """One `TOCSIN_*` setting a connector reads. `hint` tells a person where to get the value."""

    name: str
    hint: str
    required: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionWanted:
    """One right that the partner must grant, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One connector. `inbound` and `channel` are `module:name` of its parsers and channel, empty if none."""

    name: str
    title: str
    category: Category
    summary: str
    settings: tuple[ConnectorSetting, ...] = ()
    permissions: tuple[PermissionWanted, ...] = ()
    inbound: tuple[str, ...] = ()
    channel: str = ""
