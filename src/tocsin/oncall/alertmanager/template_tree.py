"""Make a template's text into a tree: texts, actions, if, with, range, template and define."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tocsin.oncall.alertmanager.template_text import Piece, Sort, TemplateFault, Word, pieces, unquoted

MAX_NESTING = 40
"""How deep blocks and brackets of one template may stand in one another."""


class From(Enum):
    """Where an operand's value comes from."""

    LITERAL = auto()
    DOT = auto()
    VARIABLE = auto()
    FUNCTION = auto()
    GROUP = auto()


@dataclass(frozen=True, slots=True)
class Operand:
    """One value of a command: `value` is the literal, the name, or the pipe in brackets."""

    source: From
    value: str | int | float | bool | Pipe | None
    fields: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands joined by `|`; `names` are the variables that take the outcome, `is_new` if by `:=`."""

    names: tuple[str, ...]
    is_new: bool
    commands: tuple[tuple[Operand, ...], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """What is printed as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipe whose outcome is printed, unless a variable takes it."""

    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Block:
    """`if`, `with` or `range`."""

    word: str
    pipe: Pipe
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`template "name" pipe`."""

    name: str
    pipe: Pipe | None
    at: int


Node = Text | Action | Block | Call


@dataclass(frozen=True, slots=True)
class Template:
    """A template that can be carried out; `source` is the whole text it was defined in."""

    name: str
    source: str
    body: tuple[Node, ...]


def parsed(name: str, text: str) -> tuple[Template, Mapping[str, Template]]:
    """Return the template of a text, and those that it defines by name. Raises `TemplateFault`."""
    parser = _Parser(text)
    return Template(name, text, parser.whole()), parser.defined


_BLOCKS = ("if", "with", "range")
_LITERALS = {"true": True, "false": False, "nil": None}


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._left = list(reversed(pieces(text)))
        self.defined: dict[str, Template] = {}

    def whole(self) -> tuple[Node, ...]:
        """Read all nodes to the text's end."""
        nodes, closing = self._nodes(0)
        if closing is not None:
            raise TemplateFault("`end` or `else` closes nothing", self._at())
        return nodes

    def _inside(self, depth: int) -> tuple[tuple[Node, ...], _Words]:
        """Read the nodes of a block up to its `end` or `else`, and return that too."""
        if depth > MAX_NESTING:
            raise TemplateFault(f"blocks stand more than {MAX_NESTING} deep", self._at())
        nodes, closing = self._nodes(depth)
        if closing is None:
            raise TemplateFault("a block has no `end`", len(self._text))
        return nodes, closing

    def _nodes(self, depth: int) -> tuple[tuple[Node, ...], _Words | None]:
        nodes: list[Node] = []
        while self._left:
            piece = self._left.pop()
            if piece.words is None:
                nodes.append(Text(piece.text))
                continue
            words = _Words(piece)
            if words.is_next("end", "else"):
                return tuple(nodes), words
            nodes += self._node(words, depth)
        return tuple(nodes), None

    def _at(self) -> int:
        return self._left[-1].at if self._left else len(self._text)

    def _node(self, words: _Words, depth: int) -> tuple[Node, ...]:
        if words.is_next(*_BLOCKS):
            return (self._block(words.take().text, words, depth),)
        if words.is_next("template"):
            return (self._call(words),)
        if words.is_next("define", "block"):
            return self._defined(words, depth)
        pipe = words.pipe(0)
        words.demand_end()
        return (Action(pipe),)

    def _block(self, word: str, words: _Words, depth: int) -> Block:
        pipe = words.pipe(0)
        words.demand_end()
        body, closing = self._inside(depth + 1)
        otherwise: tuple[Node, ...] = ()
        if closing.take().text == "else":
            otherwise = self._else(closing, depth)
        else:
            closing.demand_end()
        return Block(word, pipe, body, otherwise)

    def _else(self, words: _Words, depth: int) -> tuple[Node, ...]:
        """Read what follows `else`; `else if` is an `if` that shares the `end`."""
        if words.is_next("if", "with"):
            return (self._block(words.take().text, words, depth + 1),)
        words.demand_end()
        otherwise, closing = self._inside(depth + 1)
        if closing.take().text == "else":
            raise TemplateFault("a second `else`", self._at())
        closing.demand_end()
        return otherwise

    def _call(self, words: _Words) -> Call:
        at = words.take().at
        name = words.string()
        pipe = words.pipe(0) if words.is_left else None
        words.demand_end()
        return Call(name, pipe, at)

    def _defined(self, words: _Words, depth: int) -> tuple[Node, ...]:
        word = words.take()
        name = words.string()
        pipe = words.pipe(0) if word.text == "block" else None
        words.demand_end()
        body, closing = self._inside(depth + 1)
        if closing.take().text == "else":
            raise TemplateFault(f"an `else` in `{word.text}`", word.at)
        closing.demand_end()
        self.defined[name] = Template(name, self._text, body)
        return (Call(name, pipe, word.at),) if word.text == "block" else ()


class _Words:
    """The words of one action, read from left to right."""

    def __init__(self, piece: Piece) -> None:
        self._words = list(reversed(piece.words or ()))
        self._at = piece.at

    @property
    def is_left(self) -> bool:
        """Say whether a word is left."""
        return bool(self._words)

    def is_next(self, *texts: str) -> bool:
        """Say whether the next word is one of these."""
        return bool(self._words) and self._words[-1].text in texts

    def take(self) -> Word:
        """Take the next word."""
        if not self._words:
            raise TemplateFault("the action ends too early", self._at)
        word = self._words.pop()
        self._at = word.at
        return word

    def demand_end(self) -> None:
        """Refuse words that are left."""
        if self._words:
            raise TemplateFault(f"`{self._words[-1].text}` is too much", self._words[-1].at)

    def string(self) -> str:
        """Take a name in quotes."""
        word = self.take()
        if word.sort is not Sort.STRING:
            raise TemplateFault("a name in quotes is missing", word.at)
        return unquoted(word)

    def pipe(self, depth: int) -> Pipe:
        """Take a pipe, with the variables it sets."""
        if depth > MAX_NESTING:
            raise TemplateFault(f"brackets stand more than {MAX_NESTING} deep", self._at)
        at = self._at
        names, is_new = self._names()
        commands = [self._command(depth)]
        while self.is_next("|"):
            self.take()
            commands.append(self._command(depth))
        for command in commands[1:]:
            if command[0].source is From.LITERAL:
                raise TemplateFault("a value cannot take what is piped into it", command[0].at)
        return Pipe(names, is_new, tuple(commands), at)

    def _names(self) -> tuple[tuple[str, ...], bool]:
        """Take `$a :=`, `$a, $b :=` or `$a =`, if the pipe begins so."""
        ahead = [word.text for word in reversed(self._words[-4:])]
        for width, signs in ((2, (":=", "=")), (4, (":=",))):
            if len(ahead) >= width and ahead[0].startswith("$") and ahead[width - 1] in signs:
                if width == 4 and (ahead[1] != "," or not ahead[2].startswith("$")):
                    continue
                taken = [self.take().text for _ in range(width)]
                return tuple(taken[0:-1:2]), taken[-1] == ":="
        return (), False

    def _command(self, depth: int) -> tuple[Operand, ...]:
        operands = []
        while self._words and not self.is_next("|") and self._words[-1].sort is not Sort.CLOSED:
            operands.append(self._operand(self.take(), depth))
        if not operands:
            raise TemplateFault("a value is missing", self._at)
        return tuple(operands)

    def _operand(self, word: Word, depth: int) -> Operand:
        head, *fields = word.text.split(".") if word.sort in (Sort.VARIABLE, Sort.FIELD) else (word.text,)
        match word.sort:
            case Sort.STRING:
                return Operand(From.LITERAL, unquoted(word), (), word.at)
            case Sort.NUMBER:
                number = float(word.text) if "." in word.text else int(word.text[:20])
                return Operand(From.LITERAL, number, (), word.at)
            case Sort.VARIABLE:
                return Operand(From.VARIABLE, head, tuple(fields), word.at)
            case Sort.FIELD | Sort.DOT:
                return Operand(From.DOT, None, tuple(fields), word.at)
            case Sort.NAME if word.text in _LITERALS:
                return Operand(From.LITERAL, _LITERALS[word.text], (), word.at)
            case Sort.NAME:
                return Operand(From.FUNCTION, word.text, (), word.at)
        if word.text != "(":
            raise TemplateFault(f"`{word.text}` cannot stand here", word.at)
        pipe = self.pipe(depth + 1)
        # A pipe ends only before a closing bracket or with the action, which `take` refuses.
        closed = self.take()
        return Operand(From.GROUP, pipe, tuple(closed.text.split(".")[1:]), word.at)
