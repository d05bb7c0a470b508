"""Give an alert the identity that Alertmanager gives it, so that both sides speak of the same one."""

from __future__ import annotations

from collections.abc import Mapping

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_MASK = 0xFFFFFFFFFFFFFFFF


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return 16 lower-case hex digits: FNV-1a 64 over `name 0xFF value 0xFF`, names sorted.

    This is `LabelSet.Fingerprint` of prometheus/common. Empty values count: remove them first.
    """
    digest = _OFFSET
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            digest = ((digest ^ byte) * _PRIME) & _MASK
    return f"{digest:016x}"
