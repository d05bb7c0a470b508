import math
import struct

from tocsin.domain.sample import STALE, is_stale


def test_only_the_one_marker_means_that_a_series_ended() -> None:
    assert is_stale(STALE)
    assert is_stale(struct.unpack("<d", struct.pack("<d", STALE))[0])
    assert not is_stale(math.nan)
    assert not is_stale(0.0)
    assert not is_stale(math.inf)


def test_the_marker_has_the_bits_that_prometheus_writes() -> None:
    assert struct.pack(">d", STALE).hex() == "7ff0000000000002"
