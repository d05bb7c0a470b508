"""Rule: every ink can be read on its ground, and no severity is told by hue alone, in both themes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

FAMILIES = ("crit", "high", "med", "low", "info", "ok", "ai")
GROUNDS = ("bg", "surface", "raised")
TEXT_PAIRS = (
    *itertools.product(("text", "text-2"), GROUNDS),
    *itertools.product(("text-3",), ("bg", "surface")),
    *itertools.product(("accent",), ("bg", "surface", "accent-soft")),
    ("accent-ink", "accent"),
    ("crit-ink", "crit-solid"),
    *(
        (family, ground)
        for family in FAMILIES
        for ground in (f"{family}-soft", "surface", "bg", "accent-soft")
    ),
)
MARK_PAIRS = (
    *itertools.product(("focus", "line-strong"), ("bg", "surface")),
    *((f"{family}-line", "surface") for family in FAMILIES),
)
CHIPS = {"P1": "crit-solid", "P2": "high-soft", "P3": "surface"}
APART = {("P1", "P2"): 48.0, ("P2", "P3"): 17.0}

# Machado, Oliveira, Fernandes 2009, full deficiency, over linear RGB; rows R G B.
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# sRGB to CIE XYZ (D65), IEC 61966-2-1.
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)


def _blocks(repository: Path) -> list[dict[str, str]]:
    css = (repository / "src/tocsin/console/static/console/tokens.css").read_text("utf-8")
    found = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r"\{([^{}]*)\}", css)
    ]
    return [block for block in found if block]


@pytest.fixture(scope="session")
def themes(repository: Path) -> dict[str, dict[str, str]]:
    light, dark, chosen = _blocks(repository)
    assert dark == chosen, "the system's dark theme and the chosen one are the same"
    return {"light": light, "dark": {**light, **dark}}


def _linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def _times(matrix, vector) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _contrast(one: str, other: str) -> float:
    """Return WCAG 2.2's contrast ratio."""
    light, dark = sorted((_times(TO_XYZ, _linear(colour))[1] for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _lab(colour: str, sight: str) -> tuple[float, ...]:
    seen = [min(1.0, max(0.0, part)) for part in _times(SIGHTS[sight], _linear(colour))]
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (a / b for a, b in zip(_times(TO_XYZ, seen), WHITE, strict=True))
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def test_the_pairs_are_the_fifty_two_of_the_brief() -> None:
    assert len(set(TEXT_PAIRS) | set(MARK_PAIRS)) == len(TEXT_PAIRS) + len(MARK_PAIRS) == 52


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(theme: str, themes, keep) -> None:
    colours = themes[theme]
    broken = [
        f"{ink} on {ground}: {ratio:.2f}"
        for pairs, least in ((TEXT_PAIRS, 4.5), (MARK_PAIRS, 3.0))
        for ink, ground in pairs
        if (ratio := _contrast(colours[ink], colours[ground])) < least
    ]
    keep(broken, "text needs 4.5 to 1, marks and controls 3 to 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_severities_stay_apart_for_every_eye(theme: str, sight: str, pair: tuple[str, str], themes) -> None:
    one, other = (_lab(themes[theme][CHIPS[name]], sight) for name in pair)
    distance = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
    assert distance >= APART[pair]


def test_every_token_a_sheet_names_exists(repository: Path, themes) -> None:
    tokens = (repository / "src/tocsin/console/static/console/tokens.css").read_text("utf-8")
    sheet = (repository / "src/tocsin/console/static/console/console.css").read_text("utf-8")
    named = set(re.findall(r"var\(--([\w-]+)\)", sheet))
    assert named <= set(re.findall(r"--([\w-]+):", tokens)) | {"sticky"}


def test_paper_is_always_light(repository: Path) -> None:
    tokens = (repository / "src/tocsin/console/static/console/tokens.css").read_text("utf-8")
    before, _, _ = tokens.partition("@media screen")
    assert "#0d1218" not in before
    assert tokens.count("#0d1218") == 2, "dark values stand inside the two @media screen blocks only"
