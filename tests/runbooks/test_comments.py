"""A text that a comment cuts short is found, and whole ones are left alone."""

from __future__ import annotations

import pytest

from tocsin.runbooks.comments import cut_texts


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("  do: Join #incidents", (1, 7, "Join")),
        ("- {id: a, do: Join #incidents", (1, 15, "Join")),
        ("title: Logins # over 50", (1, 8, "Logins")),
        ("  do: 'Join #incidents'", None),
        ("  do: Join#incidents", None),
        ("  do: >  # folded", None),
        ("  do: # nothing", None),
        ("- {id: a, do: Join}  # the channel", None),
        ("  do: Join,  # the channel", None),
        ("  redo: Join #incidents", None),
        ("within: 5m  # R3 says at once", None),
    ],
)
def test_a_text_that_a_comment_cuts_is_found(line: str, found: tuple[int, int, str] | None) -> None:
    assert list(cut_texts(line)) == ([] if found is None else [found])
