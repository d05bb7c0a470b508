"""What each connector says of itself: its settings, the rights it wants, and where its code lies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What a connector is for."""

    ALERTS = "alerts"
    SIGNALS = "signals"
    MESSAGES = "messages"
    ACTIONS = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSetting:
    """One `TOCSIN_*` setting a connector reads. `hint` tells a person where to get the value.

    Of those that are `either` at least one must be set: they are several ways to the same partner.
    """

    name: str
    hint: str
    required: bool = False
    either: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionWanted:
    """One right that the partner must grant, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format in which signals come, read by one of `record`, `body` and `stream` (each a `module:name`).

    `record` makes signals of one JSON object, wherever it lies: NDJSON, an array, one document. `body` reads
    the bytes as a whole; `stream` reads a file that can be sought in, and never holds it as a whole. A format
    is recognised by how the bytes begin (`openings`), of XML by the tag of its `root`, or, of JSON, by the
    `shape` of the first object (a `module:name`); without any of these it has to be named. `extra` is the
    optional dependency it needs, if any. A format that `carries` others has its signals recognised once more.
    `files_only` says that it is hunted and never posted: a small file of it can unpack without bound.
    """

    name: str
    summary: str
    record: str = ""
    body: str = ""
    stream: str = ""
    shape: str = ""
    openings: tuple[bytes, ...] = ()
    root: str = ""
    extra: str = ""
    carries: bool = False
    files_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One connector. `inbound` and `channel` are `module:name` of its parsers and channel, empty if none.

    `channels` are (name, `module:name`) where a connector has several, or one that is not named as it is.
    `notifiers` are (kind, `module:name`) of what tells the receivers of an imported `alertmanager.yml`.
    `hook` is what proves and reads bodies pushed to `/hooks/<name>/<source>`, `secrets` the setting that
    holds its secrets, `errand` what is done outside after such a body was kept.

    `performers` and `collectors` name a tuple of each, which are known without any setting, so that a runbook
    can be checked anywhere. `configured` names a function that makes performers of the connector's own
    section of `actions.yml`, `from_settings` one that makes them of the values of its settings. `callers` are
    (service, `module:name`): what makes the calls of a service, and of those below it (`aws` also those of
    `aws.iam`), is built from the settings. `anchors` makes the
    places outside that keep the log's head, `log_keys` the keys that sign it where somebody else holds them.
    """

    name: str
    title: str
    category: Category
    summary: str
    settings: tuple[ConnectorSetting, ...] = ()
    permissions: tuple[PermissionWanted, ...] = ()
    inbound: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ()
    channel: str = ""
    channels: tuple[tuple[str, str], ...] = ()
    notifiers: tuple[tuple[str, str], ...] = ()
    hook: str = ""
    secrets: str = ""
    errand: str = ""
    performers: str = ""
    collectors: str = ""
    configured: str = ""
    from_settings: str = ""
    callers: tuple[tuple[str, str], ...] = ()
    anchors: str = ""
    log_keys: str = ""
