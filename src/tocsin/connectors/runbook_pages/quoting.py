"""Makes of a page the plain text that is quoted: markup gone, bounded, nothing in it obeyed."""

from __future__ import annotations

from html.parser import HTMLParser

from tocsin.connectors.plain import paragraphs

LONGEST_QUOTE = 2_000
MOST_MARKUP = 65_536
"""Characters of a page that are looked at: a quote is the beginning, and a page can be made to be slow."""
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4"}
)
_BLOCKS |= {"h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"}
_UNSEEN = frozenset({"head", "script", "style", "template", "ac:parameter"})
_CDATA = "CDATA["


def quoted_html(markup: str) -> str:
    """Return the beginning of what a reader of HTML or of Confluence's storage format would see."""
    reader = _Reader()
    reader.feed(markup[:MOST_MARKUP])
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return quoted_text("\n".join(line for line in lines if line))


def quoted_text(text: str) -> str:
    """Return the beginning of a plain text, without control characters or hidden reordering."""
    return paragraphs(text, limit=LONGEST_QUOTE)


class _Reader(HTMLParser):
    """Collects the text between tags; each block is a line of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, text: str) -> None:
        if not self._unseen:
            self.pieces.append(text)

    def unknown_decl(self, declaration: str) -> None:
        """Take the text of a CDATA section, in which Confluence keeps code."""
        if declaration.startswith(_CDATA):
            self.handle_data(declaration.removeprefix(_CDATA).removesuffix("]]"))
