"""The secrets that prove what is pushed to us: read from settings, and the use of old ones counted."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime

from tocsin.connectors.hook import HookSecret
from tocsin.connectors.secret import Secret
from tocsin.domain.ports.shelves import Shelves

OLD_USES = "hook-secret"
ANY_SOURCE = "*"

_NAMED = re.compile(r"(\*|[a-z0-9][a-z0-9._-]{0,63})=(.*[^=].*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldUse:
    """An old secret that a sender still uses: of which connector and source, how often, and when last.

    `name` is a digest that only this home can make, so that it gives nothing of the secret away.
    """

    connector: str
    source: str
    name: str
    times: int
    last: datetime


def secrets_for(text: str, source: str, key: bytes) -> tuple[HookSecret, ...]:
    """Return the secrets of a setting that hold for a source, the current one first.

    The setting is a list with commas; `name=secret` holds for one source alone, `*=secret` or a bare secret
    for all. The source's own go before the others.
    """
    own: list[str] = []
    general: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        named = _NAMED.fullmatch(part)
        if named is None:
            general += [part] if part else []
        elif named.group(1) == ANY_SOURCE:
            general.append(named.group(2))
        elif named.group(1) == source:
            own.append(named.group(2))
    return tuple(HookSecret(secret=Secret(one), name=_name(one, key)) for one in (*own, *general))


def written_secrets(text: str) -> tuple[str, ...]:
    """Return every secret of a setting, for whichever source it holds."""
    parts = (part.strip() for part in text.split(","))
    found = ((_NAMED.fullmatch(part), part) for part in parts if part)
    return tuple(named.group(2) if named else part for named, part in found)


def count_old_use(shelves: Shelves, connector: str, source: str, secret: HookSecret, now: datetime) -> None:
    """Remember that an old secret proved a body."""
    place = f"{connector}/{source}/{secret.name}"
    stored = shelves.marks.of(OLD_USES, [place]).get(place)
    times = json.loads(stored)["times"] if stored else 0
    kept = {"times": times + 1, "last": now.isoformat()}
    shelves.marks.keep(OLD_USES, {place: json.dumps(kept).encode()}, now)


def old_uses(shelves: Shelves) -> tuple[OldUse, ...]:
    """Return every old secret that was used since it became old, by connector and source."""
    return tuple(_use(place, stored) for place, stored in sorted(shelves.marks.all(OLD_USES).items()))


def _use(place: str, stored: bytes) -> OldUse:
    connector, source, name = place.split("/")
    kept = json.loads(stored)
    last = datetime.fromisoformat(kept["last"])
    return OldUse(connector=connector, source=source, name=name, times=kept["times"], last=last)


def _name(secret: str, key: bytes) -> str:
    return hmac.new(key, b"hook secret\0" + secret.encode(), hashlib.sha256).hexdigest()[:12]
