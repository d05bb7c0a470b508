"""Finds texts that a comment has cut short: `do: Join #incidents` says only "Join"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PLAIN = re.compile(r"(?:^|[\s{,-])(?:do|title):\s+(?P<text>[^\s'\"|>#][^#]*?)\s+#")


def cut_texts(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and what is left of each plain `do` or `title` that a comment follows.

    In flow style a comment after the closing bracket is none of the text's.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        found = _PLAIN.search(line)
        if found is not None and not found["text"].endswith(("}", "]", ",")):
            yield number, found.start("text") + 1, found["text"]
