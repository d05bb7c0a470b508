"""A pack file that is changed on a running server counts after its next start, everywhere in it."""

from __future__ import annotations

from pathlib import Path

from tocsin.app.packs import packs_of
from tocsin.app.packs_at_start import PacksAtStart
from tocsin.app.settings import load_settings


def test_a_file_stays_as_it_was_first_read(tmp_path: Path) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    for name in ("actions.yml", "evidence.yml"):
        (pack / name).write_text("a: 1\n", encoding="utf-8")
    packs = packs_of(load_settings({}, home=tmp_path))
    kept = PacksAtStart(packs)
    before = (kept.every("actions.yml"), kept.file("evidence.yml"))
    for name in ("actions.yml", "evidence.yml"):
        (pack / name).write_text("a: 2\n", encoding="utf-8")
    assert (kept.every("actions.yml"), kept.file("evidence.yml")) == before
    assert packs.file("evidence.yml").text == PacksAtStart(packs).file("evidence.yml").text == "a: 2\n"
