"""Loads the code that reads and writes segments, only when it is needed: its libraries are an extra."""

from __future__ import annotations

import importlib
from typing import Any

from tocsin.store.lake.refusals import LakeExtraMissing


def sealed_format() -> Any:
    """Return the module `parquet`. Raises `LakeExtraMissing`."""
    try:
        return importlib.import_module("tocsin.store.lake.parquet")
    except ModuleNotFoundError as error:
        raise LakeExtraMissing(
            f"Sealed signals are Parquet files, and {error.name} is not installed.",
            means="What is sealed cannot be read, nothing new is sealed; hot signals are kept and judged.",
            next_step="Run `pip install 'tocsin[lake]'`.",
        ) from error
