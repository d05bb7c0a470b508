"""Secrets that an address names instead of holding: addresses are shown to people, secrets are not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin.connectors.secret import Secret
from tocsin.domain.errors import Misconfigured

ONLY = "default"
"""The name of a secret that was written without one."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def named_secrets(text: str, setting: str) -> Mapping[str, Secret]:
    """Read `name=secret,name=secret`, or one secret alone, which is called `default`.

    A part whose text before the first `=` is no name (a URL with a query) is a secret alone. Raises
    `Misconfigured` without repeating anything, for two secrets of one name.
    """
    found: dict[str, Secret] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, is_named, secret = part.partition("=")
        if not is_named or _NAME.fullmatch(name) is None:
            name, secret = ONLY, part
        if name in found or not secret.strip():
            raise Misconfigured(
                f"{setting} names one secret twice, or has an empty one.",
                means="Nothing is sent by this channel.",
                next_step=f"Write {setting} as name=secret,name=secret with different names.",
            )
        found[name] = Secret(secret.strip())
    return found
