"""Cuts a syslog stream into messages, by octet counts or line ends (RFC 6587), within a bound."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_BYTES = 64 * 1024
"""RFC 5425 wants 2,048 at least and 8,192 if possible; what is longer is cut, as RFC 5424 allows."""

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it came; `is_cut` says that more of it was sent than we keep."""

    body: bytes
    is_cut: bool = False


class FramingLost(Exception):
    """The stream cannot be followed any more: a count that is none."""


@dataclass(slots=True)
class Framing:
    """Follows one connection. Feed it what arrives; each message is decided by its own first byte."""

    longest: int = LONGEST_BYTES
    _held: bytes = b""
    _skip: int = 0
    _is_skipping_line: bool = False

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the messages that are whole now. Raises `FramingLost`."""
        frames: list[Frame] = []
        rest = self._after_skipping(self._held + chunk)
        place = 0
        while place < len(rest):
            found = self._counted(rest, place) if 0x31 <= rest[place] <= 0x39 else self._line(rest, place)
            if found is None:
                break
            frame, place = found
            if frame.body:
                frames.append(frame)
        self._held = rest[place:]
        return frames

    def end(self) -> list[Frame]:
        """Return the last line of a stream that ended without its line end."""
        last, self._held = self._held.strip(b"\r\n\0 "), b""
        return [Frame(last)] if last and not self._is_skipping_line and last.startswith(b"<") else []

    def _after_skipping(self, rest: bytes) -> bytes:
        if self._skip:
            skipped = min(self._skip, len(rest))
            self._skip -= skipped
            return rest[skipped:]
        if self._is_skipping_line:
            end = rest.find(b"\n")
            if end < 0:
                return b""
            self._is_skipping_line = False
            return rest[end + 1 :]
        return rest

    def _counted(self, rest: bytes, place: int) -> tuple[Frame, int] | None:
        space = rest.find(b" ", place, place + _MOST_DIGITS + 1)
        if space < 0:
            if len(rest) - place > _MOST_DIGITS or not rest[place:].isdigit():
                raise FramingLost("a count of octets is no number")
            return None
        digits = rest[place:space]
        if not digits.isdigit():
            raise FramingLost("a count of octets is no number")
        begin, size = space + 1, int(digits)
        kept = min(size, self.longest)
        if len(rest) - begin < kept:
            return None
        frame = Frame(rest[begin : begin + kept].rstrip(b"\r\n\0"), is_cut=size > kept)
        end = min(begin + size, len(rest))
        self._skip = begin + size - end
        return frame, end

    def _line(self, rest: bytes, place: int) -> tuple[Frame, int] | None:
        end = rest.find(b"\n", place)
        if end < 0:
            if len(rest) - place <= self.longest:
                return None
            self._is_skipping_line = True
            return Frame(rest[place : place + self.longest], is_cut=True), len(rest)
        line = rest[place:end].strip(b"\r\0 ")
        return Frame(line[: self.longest], is_cut=len(line) > self.longest), end + 1
