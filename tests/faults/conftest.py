"""Faults are made for real: processes are killed, disks are full, servers are dead."""

from __future__ import annotations

from receiver import receiver

__all__ = ["receiver"]
