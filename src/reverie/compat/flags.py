"""What the originals' command lines could be told: tables of flags, and the words of a command line read by them."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

from reverie.errors import BadRequest, unknown

Words = Sequence[str]
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True)
class Flag:
    """One flag of an original.

    ``to`` is the field of the dream, or the component.option, that its value becomes as it is; ``became`` says in Markdown what
    else became of it. ``note`` is said when it is given, and ``refused`` is why nothing can be painted with it. ``kind`` is
    text, int, float, switch, or texts, ints, floats for several, ``count`` of them where that is fixed.
    """

    spelt: tuple[str, ...]
    default: str
    kind: str = "text"
    to: str = ""
    became: str = ""
    note: str = ""
    refused: str = ""
    choices: tuple[str, ...] = ()
    count: int = 0

    @property
    def name(self) -> str:
        """As its value is called: the longest spelling without hyphens."""
        return max(self.spelt, key=len).lstrip("-")

    @property
    def whereto(self) -> str:
        """One line of Markdown."""
        component, dot, option = self.to.partition(".")
        plain = f"`-o {component}.{option}`" if dot else f"`--{self.to}`" if self.to else ""
        return self.became or plain or self.note or f"refused: {self.refused}"


@dataclass(frozen=True)
class Original:
    """A program that Reverie stands in for: its command here, its flags, and whether a text comes first (python-fire's way)."""

    name: str
    command: str
    preset: str
    flags: tuple[Flag, ...]
    positional: bool

    def flag(self, name: str) -> Flag:
        return next(flag for flag in self.flags if flag.name == name)


def read(original: Original, words: Words) -> dict[str, Any]:
    """What the words say, by the flags' names; nothing for what they leave out. Raises ``BadRequest`` as a parser would."""
    parser = _parser(original)
    found, rest = parser.parse_known_args(_spelt_out(original, words))
    given = {name: value for name, value in vars(found).items() if value is not None}
    for word in rest:
        if word.startswith("-"):
            raise unknown(f"flag of {original.name}", word.partition("=")[0], [name for flag in original.flags for name in flag.spelt])
        raise BadRequest(several(original, word))
    for flag in original.flags:
        if flag.refused and flag.name in given and given[flag.name] is not False:
            raise BadRequest(f"{flag.spelt[0]}: {flag.refused}")
    return given


def several(original: Original, word: str) -> str:
    """What is said to words that stand alone: a prompt without quotes, or one that begins with the name of a command."""
    kind = "one text in quotes and flags" if original.positional else "flags alone, as -p 'a text'"
    return (
        f"{original.command!r} is the command of {original.name} and takes {kind}; {word!r} is left over.\n"
        f"To paint words that begin so: reverie paint '{original.command} ...'."
    )


def notes(original: Original, given: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said about flags that do nothing here, or something else."""
    for flag in original.flags:
        if flag.note and given.get(flag.name) not in (None, False):
            yield f"{flag.spelt[0]}: {flag.note}"


def fields(original: Original, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The fields of a dream and the options of components that are set by what was given, as it is."""
    direct, options = dict[str, Any](), dict[str, dict[str, Any]]()
    for flag in original.flags:
        if flag.to and flag.name in given:
            component, dot, option = flag.to.partition(".")
            if dot:
                options.setdefault(component, {})[option] = given[flag.name]
            else:
                direct[flag.to] = given[flag.name]
    return direct, options


class _Parser(ArgumentParser):
    """Complains as the rest of Reverie does."""

    def error(self, message: str) -> NoReturn:
        raise BadRequest(f"{self.prog}: {message}. Its flags: reverie {self.prog} --help")


def _parser(original: Original) -> ArgumentParser:
    parser = _Parser(prog=original.command, add_help=False, argument_default=SUPPRESS, allow_abbrev=not original.positional)
    for flag in original.flags:
        number = flag.count or ("+" if flag.choices else "*") if flag.kind.endswith("s") else "?" if flag.kind == "switch" else None
        kind = KINDS[flag.kind.removesuffix("s")]
        more = {"const": True} if flag.kind == "switch" else {"choices": flag.choices} if flag.choices else {}
        if original.positional and flag.name == "text":
            parser.add_argument("first", nargs="?", type=kind)
        action = "append" if flag.choices and flag.kind == "texts" else "store"
        parser.add_argument(*flag.spelt, dest=flag.name, type=kind, nargs=number, action=action, **more)
    return parser


def _spelt_out(original: Original, words: Words) -> list[str]:
    """The words with python-fire's freedoms taken out: - for _ in names, ``--noname``, and switches that swallow no text."""
    switches = {name.lstrip("-") for flag in original.flags if flag.kind == "switch" for name in flag.spelt}
    found: list[str] = []
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not name.startswith("-") or name in ("-", "--") or name.lstrip("-")[:1].isdigit():
            found.append(word)
            continue
        bare = name.lstrip("-").replace("-", "_")
        if bare.startswith("no") and bare[2:] in switches and not equals:
            found.append(f"--{bare[2:]}=False")
            continue
        after = words[i + 1].lower() if i + 1 < len(words) else ""
        if bare in switches and not equals and after not in (*_YES, *_NO):
            equals, value = "=", "True"
        hyphens = name[: len(name) - len(name.lstrip("-"))]
        found.append(f"{hyphens}{bare}{equals}{value}")
    return found


def _switch(text: str) -> bool | None:
    if text.lower() in (*_YES, *_NO, "none"):
        return None if text.lower() == "none" else text.lower() in _YES
    raise ArgumentTypeError(f"{text!r} is neither True nor False")


def _whole(text: str) -> int | None:
    try:
        return None if text == "None" else int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no whole number") from None


def _number(text: str) -> float | None:
    try:
        return None if text == "None" else float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number") from None


def _text(text: str) -> str | None:
    return None if text == "None" else text


KINDS = MappingProxyType({"text": _text, "int": _whole, "float": _number, "switch": _switch})
