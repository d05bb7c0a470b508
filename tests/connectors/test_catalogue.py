"""Every connector's folder is in the catalogue, its manifest is true, and looking costs no client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tocsin.connectors
from tocsin.app.settings import SETTINGS
from tocsin.connectors.catalogue import CONNECTORS, load, manifest_of, manifests, notifier_places
from tocsin.connectors.manifest import Category
from tocsin.domain.errors import NotFound


def test_every_folder_is_in_the_catalogue() -> None:
    root = Path(next(iter(tocsin.connectors.__path__)))
    assert tuple(sorted(path.parent.name for path in root.glob("*/manifest.py"))) == CONNECTORS


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_manifest_points_to_code_that_is_there(name: str) -> None:
    manifest = manifest_of(name)
    assert manifest.name == name
    assert manifest.summary.endswith(".")
    others = tuple(place for _, place in (*manifest.channels, *manifest.notifiers))
    assert bool(manifest.channel or others) == (manifest.category is Category.MESSAGES)
    called = (
        *manifest.inbound,
        *filter(None, [manifest.channel, manifest.configured, manifest.from_settings, manifest.anchors]),
        *others,
    )
    called += tuple(place for _, place in manifest.callers)
    called += tuple(filter(None, [manifest.log_keys]))
    known = tuple(filter(None, [manifest.performers, manifest.collectors]))
    assert called or known
    assert all(callable(load(place)) for place in called)
    assert all(load(place) for place in known)


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_manifests_settings_are_settings_and_equally_secret(name: str) -> None:
    known = {setting.name: setting.secret for setting in SETTINGS}
    wanted = {setting.name: setting.secret for setting in manifest_of(name).settings}
    assert wanted == {name: known.get(name) for name in wanted}


def test_an_unknown_name_is_explained() -> None:
    with pytest.raises(NotFound, match="no connector 'pager'"):
        manifest_of("pager")


def test_looking_at_the_catalogue_imports_no_client() -> None:
    code = (
        "import sys; from tocsin.connectors.catalogue import manifests; manifests();"
        "print([name for name in ('httpx', 'httpcore', 'smtplib', 'msgspec', 'ssl') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert told.stdout.strip() == "[]"
    assert len(manifests()) == len(CONNECTORS)


def test_each_kind_of_integration_has_one_notifier() -> None:
    named = [kind for manifest in manifests() for kind, _ in manifest.notifiers]
    assert sorted(named) == sorted(notifier_places())
