"""Messages are found in any stream, however it is cut into pieces, and none is longer than the bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.syslog.framing import Frame, Framing, FramingLost


def feed(*chunks: bytes, longest: int = 100) -> list[Frame]:
    framing = Framing(longest)
    found = [frame for chunk in chunks for frame in framing.feed(chunk)]
    return found + framing.end()


def test_octet_counts_and_line_ends_may_be_mixed() -> None:
    assert feed(b"5 <1>ab<2>line\r\n7 <3>a\nbc<4>\n") == [
        Frame(b"<1>ab"),
        Frame(b"<2>line"),
        Frame(b"<3>a\nbc"),
        Frame(b"<4>"),
    ]


def test_a_message_that_is_too_long_is_cut_and_the_next_one_is_whole() -> None:
    counted = b"300 <1>" + b"x" * 297 + b"5 <2>ab"
    by_line = b"<1>" + b"x" * 297 + b"\n<2>ab\n"
    for stream in (counted, by_line):
        for size in (1, 7, 1000):
            chunks = [stream[n : n + size] for n in range(0, len(stream), size)]
            first, second = feed(*chunks)
            assert (first.is_cut, len(first.body), second) == (True, 100, Frame(b"<2>ab"))


@pytest.mark.parametrize("stream", [b"5x <1>ab", b"1234567890 <1>", b"99999999999"])
def test_a_count_that_is_none_ends_the_connection(stream) -> None:
    with pytest.raises(FramingLost):
        feed(stream)


def test_the_last_line_needs_no_end_but_rubbish_is_no_message() -> None:
    assert feed(b"<1>a\n<2>last") == [Frame(b"<1>a"), Frame(b"<2>last")]
    assert feed(b"<1>a\nrub") == [Frame(b"<1>a")]
    assert feed(b"\n\n\0\n") == []


@given(
    st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: not b[-1:].isspace() and b[-1:] != b"\0")),
    st.integers(1, 50),
)
def test_any_messages_come_back_from_any_pieces(bodies, size) -> None:
    stream = b"".join(b"%d %s" % (len(body), body) for body in bodies)
    assert [f.body for f in feed(*(stream[n : n + size] for n in range(0, len(stream), size)))] == bodies


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_stream_grows_the_memory_or_a_frame_beyond_the_bound(chunks) -> None:
    framing = Framing(100)
    try:
        for chunk in chunks:
            assert all(len(frame.body) <= 100 for frame in framing.feed(chunk))
            assert len(framing._held) <= 100 + 300 + 10
    except FramingLost:
        assert framing is not None
