"""Tell values that a group has never shown from those it has (E4)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from tocsin.detection.correlating.watched import MICROS, REMEMBERED
from tocsin.detection.sigma.extension import NewValue
from tocsin.detection.sigma.tables import LookupTable
from tocsin.detection.state import NEVER, Held, Known

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Values remembered of one group; beyond it those seen longest ago are forgotten, and are new again.
MOST_VALUES = 10_000
# IPv6 addresses are compared by the network that a customer gets.
_IPV6_PREFIX = 64


class Novelty:
    """What one group has shown so far."""

    __slots__ = ("_first", "_history", "_last", "_seen", "_warmup")

    def __init__(self, wanted: NewValue, known: Known | None) -> None:
        self._history = wanted.history * MICROS
        self._warmup = wanted.warmup * MICROS
        self._seen: dict[str, int] = dict(known.seen) if known is not None else {}
        self._first = known.first if known is not None else NEVER
        self._last = known.last if known is not None else NEVER

    def new(self, bucket: Sequence[Held]) -> list[Held]:
        """Return the hits of one time whose value is new, and remember all; times never go back."""
        return [hit for hit in bucket if self._is_new(str(hit.value), hit.time)]

    def _is_new(self, value: str, time: int) -> bool:
        if time - self._last > REMEMBERED * self._history:
            # By now the group may have been forgotten, so it begins anew whether it was or not.
            self._first = time
        self._last = time
        # What was seen last stands last, so that the first is the one to forget.
        last = self._seen.pop(value, NEVER)
        self._seen[value] = time
        if len(self._seen) > MOST_VALUES:
            del self._seen[next(iter(self._seen))]
        return time - last > self._history and time - self._first >= self._warmup

    def known(self) -> Known:
        """Return what is still to be remembered."""
        oldest = self._last - self._history
        seen = {value: time for value, time in self._seen.items() if time >= oldest}
        return Known(seen, self._first, self._last)


class Comparison:
    """What of a value is compared: all of it, the network of an address, or a name that a table gives it.

    `by` is `exact`, a prefix length (`/24`; an IPv6 address is compared by its /64), or a table's name: the
    table's key is a network and its first other column the name; the longest network wins. What is no
    address, or in no network, is compared as it is.
    """

    def __init__(self, by: str, tables: Mapping[str, LookupTable]) -> None:
        self._by = by
        table = tables.get(by)
        self._networks = _networks(table) if table is not None else {}
        self._lengths = sorted({network.prefixlen for network in self._networks}, reverse=True)

    def of(self, value: str) -> str:
        """Return what of a value is compared."""
        if self._by == "exact":
            return value
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return value
        if self._by.startswith("/"):
            prefix = self._by[1:] if address.version == 4 else _IPV6_PREFIX
            return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
        for length in self._lengths:
            if length <= address.max_prefixlen:
                network = ipaddress.ip_network(f"{address}/{length}", strict=False)
                if network in self._networks:
                    return self._networks[network]
        return value


def _networks(table: LookupTable) -> dict[Network, str]:
    """Return the networks of a table and their names; rows that are no networks are left out."""
    key = table.key[0]
    name = next((column for column in table.columns if column not in table.key), key)
    found: dict[Network, str] = {}
    for row in table.rows:
        try:
            network = ipaddress.ip_network(str(row.cells.get(key)), strict=False)
        except ValueError:
            continue
        found[network] = str(row.cells.get(name)).casefold()
    return found
