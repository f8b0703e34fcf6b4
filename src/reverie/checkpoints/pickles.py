"""What a pickle describes, without making any of it.

A pickle is a program, and Python's own reader runs it. This one only follows it: its opcodes build lists, dicts, words and
numbers here, a global stays its `Name`, and what a call would have made stays a `Made` that says from what. Nothing is
imported, looked up or called by what a file says, so there is nothing that a file could be allowed by mistake.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Any

MOST_OPCODES = 1_000_000  # a checkpoint of a thousand tensors with its optimiser has a tenth; each costs up to 100 bytes


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function, by its dotted name alone."""

    text: str


@dataclass(slots=True, eq=False)
class Made:
    """An object that was not made: of what, from which arguments, and what was put into it afterwards."""

    of: str
    args: tuple[Any, ...]
    state: Any = None
    items: dict[Any, Any] | None = None
    listed: list[Any] | None = None


@dataclass(slots=True, eq=False)
class Persistent:
    """What the pickle calls by an id, for whoever reads it to find (PyTorch: the bytes of a tensor)."""

    id: Any


class Machine:
    """The stack, its marks and the memo; the stack is the innermost part, above the last mark."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def drop(self) -> None:
        self.stack.pop() if self.stack else self.pop_mark()

    def drop_mark(self) -> None:
        self.pop_mark()

    def pop_mark(self) -> list[Any]:
        """What lies above the last mark."""
        above, self.stack = self.stack, self.marks.pop()
        return above

    def mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []


Operation = Callable[[Machine, Any], None]


def read_pickle(file: IO[bytes]) -> Any:
    """The value that the next pickle in ``file`` describes; the file is left behind it.

    Raises ``ValueError`` and others (``IndexError``, ``KeyError``, ``TypeError`` ...) for whatever is not a sound pickle.
    """
    machine, count = Machine(), 0
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name == "STOP":
            return machine.pop()
        if (count := count + 1) > MOST_OPCODES:
            raise ValueError(f"it describes more than {MOST_OPCODES} things")
        operation = OPERATIONS.get(opcode.name)
        if operation is None:
            raise ValueError(f"it uses {opcode.name}, which no checkpoint needs")
        operation(machine, argument)
    raise ValueError("it ends in the middle")


def _key(value: Any) -> Any:
    """Something to look up by. What is nested could be as deep as the file is long, and hashing it would follow: it is wrapped."""
    return value if value is None or isinstance(value, (str, int, float, bytes, Name)) else Made("", (value,))


def _put_item(into: Any, key: Any, value: Any) -> None:
    if isinstance(into, Made):
        into.items = {} if into.items is None else into.items
        into = into.items
    if not isinstance(into, dict):
        raise TypeError("it puts an item into what holds none")
    into[_key(key)] = value


def _extend(into: Any, values: list[Any]) -> None:
    if isinstance(into, Made):
        into.listed = [] if into.listed is None else into.listed
        into = into.listed
    if not isinstance(into, list):
        raise TypeError("it appends to what is no list")
    into.extend(values)


def _pairs(values: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _made(of: Any, args: Any) -> Made:
    return Made(of.text if isinstance(of, Name) else "", args if isinstance(args, tuple) else ())


def _reduce(machine: Machine, _: Any) -> None:
    args, of = machine.pop(), machine.pop()
    machine.push(_made(of, args))


def _newobj_ex(machine: Machine, _: Any) -> None:
    machine.pop()
    _reduce(machine, _)


def _obj(machine: Machine, _: Any) -> None:
    of, *args = machine.pop_mark()
    machine.push(_made(of, tuple(args)))


def _build(machine: Machine, _: Any) -> None:
    state, into = machine.pop(), machine.stack[-1]
    if not isinstance(into, Made):
        raise TypeError("it gives a state to what has none")
    into.state = state


def _stack_global(machine: Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push(Name(f"{module if isinstance(module, str) else ''}.{name if isinstance(name, str) else ''}"))


def _set_items(machine: Machine, _: Any) -> None:
    pairs = _pairs(machine.pop_mark())
    for key, value in pairs:
        _put_item(machine.stack[-1], key, value)


def _set_item(machine: Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    _put_item(machine.stack[-1], key, value)


def _appends(machine: Machine, _: Any) -> None:
    values = machine.pop_mark()
    _extend(machine.stack[-1], values)


def _append(machine: Machine, _: Any) -> None:
    value = machine.pop()
    _extend(machine.stack[-1], [value])


def _put(machine: Machine, place: Any) -> None:
    machine.memo[place] = machine.stack[-1]


def _memoize(machine: Machine, _: Any) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _tuple_of(count: int) -> Operation:
    def operation(machine: Machine, _: Any) -> None:
        machine.push(tuple([machine.pop() for _ in range(count)][::-1]))

    return operation


def _constant(make: Callable[[], Any]) -> Operation:
    return lambda machine, _: machine.push(make())


def _pushed(machine: Machine, argument: Any) -> None:
    machine.push(argument)


def _nothing(machine: Machine, _: Any) -> None:
    """Protocol and frames: about the file, not about what it holds."""


_PLAIN = (
    *("FLOAT", "BINFLOAT", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        **dict.fromkeys(_PLAIN, _pushed),
        **dict.fromkeys(("PROTO", "FRAME"), _nothing),
        **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
        **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, place: machine.push(machine.memo[place])),
        **dict.fromkeys(("REDUCE", "NEWOBJ"), _reduce),
        "NONE": _constant(lambda: None),
        "NEWTRUE": _constant(lambda: True),
        "NEWFALSE": _constant(lambda: False),
        "EMPTY_TUPLE": _constant(tuple),
        "EMPTY_LIST": _constant(list),
        "EMPTY_DICT": _constant(dict),
        "EMPTY_SET": _constant(list),  # a set is a list here: what it holds need not be hashed
        "MARK": lambda machine, _: machine.mark(),
        "POP": lambda machine, _: machine.drop(),
        "POP_MARK": lambda machine, _: machine.drop_mark(),
        "DUP": lambda machine, _: machine.push(machine.stack[-1]),
        "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_mark())),
        "TUPLE1": _tuple_of(1),
        "TUPLE2": _tuple_of(2),
        "TUPLE3": _tuple_of(3),
        "LIST": lambda machine, _: machine.push(machine.pop_mark()),
        "FROZENSET": lambda machine, _: machine.push(machine.pop_mark()),
        "DICT": lambda machine, _: machine.push({_key(key): value for key, value in _pairs(machine.pop_mark())}),
        "SETITEM": _set_item,
        "SETITEMS": _set_items,
        "APPEND": _append,
        "APPENDS": _appends,
        "ADDITEMS": _appends,
        "GLOBAL": lambda machine, argument: machine.push(Name(argument.replace(" ", ".", 1))),
        "STACK_GLOBAL": _stack_global,
        "INST": lambda machine, argument: machine.push(_made(Name(argument.replace(" ", ".", 1)), tuple(machine.pop_mark()))),
        "OBJ": _obj,
        "NEWOBJ_EX": _newobj_ex,
        "BUILD": _build,
        "MEMOIZE": _memoize,
        "PERSID": lambda machine, argument: machine.push(Persistent(argument)),
        "BINPERSID": lambda machine, _: machine.push(Persistent(machine.pop())),
    }
)
