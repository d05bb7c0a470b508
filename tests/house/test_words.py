"""Rule: the repository speaks of the product, to whoever has nothing but the repository."""

from __future__ import annotations

import re

# A path on somebody's machine, or a sentence about how the text came to be, helps no reader.
STRANGE = re.compile(
    r"(?<![\w.])/work/|/root/|/home/(?!tocsin\b)[a-z]+/|\bas an ai\b|\bthis session\b", re.IGNORECASE
)


def test_no_text_speaks_of_the_workshop(texts, keep) -> None:
    broken = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match.group()}"
        for path, text in texts
        if not path.endswith((".ndjson", ".jsonl")) and "/payloads/" not in path
        for match in STRANGE.finditer(text)
    ]
    keep(broken, "speak of the product")
