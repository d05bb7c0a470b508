"""What a rollback is tried on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shop import open_shop


@pytest.fixture
def shop(tmp_path, monkeypatch):
    opened = open_shop(tmp_path, monkeypatch)
    yield opened
    opened.stop()
