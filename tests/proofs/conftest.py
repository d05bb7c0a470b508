"""What the short forms of proofs share: the proof itself, as a module."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def load_program() -> Callable[[str], ModuleType]:
    """Load a program of the repository, named by its path, without running it."""

    def load(path: str) -> ModuleType:
        found = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
        assert found is not None
        assert found.loader is not None
        module = sys.modules[found.name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module

    return load
