"""The lake: signals kept as they came, for as long as the policy says."""

from tocsin.store.lake.lake import SegmentLake
from tocsin.store.lake.refusals import SignalRefused, SignalsMissing, checked_source

__all__ = ["SegmentLake", "SignalRefused", "SignalsMissing", "checked_source"]
