"""The shape of the code: imports only go down, small files and functions, no hidden state, nothing that runs a stranger's data."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import reverie

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "reverie"

# Each floor may import the floors above it in this table, and within a floor what is listed before. `name.*` is a package whose
# modules may import each other; one that is taken apart (nets.vqgan) is listed module by module.
FLOORS: dict[str, tuple[str, ...]] = {
    "0 ground": ("errors", "types", "transfer", "rng", "interrupt", "nets.*"),
    "1 tools": (
        "curve", "paths", "schedule", "tokens", "clip_tokens", "parting", "images", "regions", "prompt", "prompts", "layer", "fields",
        "dream", "camera", "recipe", "naming", "files", "vectors", "sniff", "partial", "download", "manifest", "library", "models",
        "options.*", "held", "registry", "checks", "plotting", "sheets", "video", "losses", "grounds", "enlarge",
    ),
    "2 materials": ("checkpoints.*", "hub", "weights", "cutouts", "cuts.*", "store", "data.*"),
    "3 components": ("reading", "starts", "generators.*", "perceptors.*", "daydream", "objectives", "observers.*"),
    "4 heart": ("anchors", "optimisers", "memory", "recording", "step", "fitting", "guard", "watch", "course", "render"),
    "5 motion": ("motion.*",),
    "6 assembly": ("plan", "begin", "coarse", "legs", "build", "stages", "morph", "budget", "search"),
    "7 studio": ("request", "runs", "album", "studio", "presets.*", "compat.*", "craft.*", "client"),
    "8 service": ("train.*", "bench.*", "service.*", "bot.*"),
    "9 door": ("cli.*", "__main__", "testing.*"),
}  # fmt: skip
ORDER = {name: place for place, name in enumerate(name for floor in FLOORS.values() for name in floor)}
# Compatible front ends keep the parameter lists of the programs that they stand in for.
LAX = ("compat",)
PRINTING = ("cli", "train", "observers", "__main__")
LAWS = ("test_laws.py", "test_faults.py", "test_structure.py", "test_imports.py", "test_api.py", "test_features.py")

MUTATORS = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear", "remove", "discard"}
CONTAINERS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict"}


def modules() -> dict[str, Path]:
    """Dotted names below ``reverie``; a package is its ``__init__``, and the root is the empty name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def place(module: str) -> int | None:
    """Where a module stands in the table, by its own name or its package's."""
    if not module:
        return -1
    return ORDER.get(module, ORDER.get(module.split(".")[0] + ".*"))


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under ``if TYPE_CHECKING``: types may be named from anywhere, since nothing is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from at_run_time(child)


def home(name: str) -> str:
    """The module that holds ``reverie.<name>``, also where the root package only hands it out."""
    name = reverie._HOMES.get(name, "reverie." + name).removeprefix("reverie.")
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def imports(tree: ast.AST) -> set[str]:
    """Our own modules that a tree imports, at its top or inside a function."""
    found = set()
    for node in at_run_time(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "reverie":
            inside = node.module.removeprefix("reverie").lstrip(".")
            found |= {home(f"{inside}.{alias.name}".lstrip(".")) for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "reverie"]
            found |= {home(name.removeprefix("reverie").lstrip(".")) for name in names}
    return found


EDGES = {name: imports(tree) - {name} for name, tree in TREES.items() if name}


def upward(module: str, used: str) -> bool:
    """Whether this import goes up or sideways."""
    here, there = place(module), place(used)
    assert here is not None and there is not None
    same_package = module.split(".")[0] == used.split(".")[0]
    return there >= here and not same_package


def test_every_module_stands_in_the_table() -> None:
    homeless = [name for name in MODULES if place(name) is None]
    assert not homeless, f"{homeless}: add to FLOORS in tests/test_structure.py, on the lowest floor that holds what it imports"


def test_imports_only_go_down() -> None:
    bad = [f"{name} imports {used}" for name, all_used in EDGES.items() for used in sorted(all_used) if upward(name, used)]
    assert not bad, f"imports that go up or sideways (FLOORS in tests/test_structure.py): {bad}"


def test_no_cycles() -> None:
    try:
        tuple(TopologicalSorter(EDGES).static_order())
    except CycleError as error:
        pytest.fail(f"a cycle of imports: {' -> '.join(error.args[1])}")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def over_budget(tree: ast.AST) -> Iterator[str]:
    for function in functions(tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > 45:
            yield f"{function.name} has {lines} lines, at most 45"
        arguments = function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if a.arg not in ("self", "cls")]
        if len(names) > 7:
            yield f"{function.name} has {len(names)} parameters, at most 7"


def dangers(tree: ast.AST) -> Iterator[str]:
    """Calls that run what a file or a person says (law 8)."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module in ("pickle", "yaml") and names & {"load", "loads", "Unpickler"}:
                yield f"line {node.lineno}: import {node.module} whole, so that its use can be seen"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in RUNNING:
                yield f"line {node.lineno}: {called} runs what it reads"
            safe = any(k.arg == "weights_only" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords)
            if called == "torch.load" and not safe:
                yield f"line {node.lineno}: torch.load without weights_only=True runs what it reads"


RUNNING = (
    "eval", "exec", "pickle.load", "pickle.loads", "pickle.Unpickler", "yaml.load", "yaml.unsafe_load", "torch.jit.load", "shelve.open",
)  # fmt: skip


def is_container(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).split(".")[-1] in CONTAINERS
    return isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))


def is_empty(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Call):
        return not value.args and not value.keywords
    return not getattr(value, "elts", getattr(value, "keys", True))


def written(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names whose contents are changed inside a function: ``NAME[...] = ``, ``NAME.append(...)``."""
    for node in (inner for function in functions(tree) for inner in ast.walk(function)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)) and isinstance(node.value, ast.Name):
            yield node.value.id, node.lineno
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in MUTATORS and isinstance(called.value, ast.Name):
            yield called.value.id, called.lineno


def state(tree: ast.Module) -> Iterator[str]:
    """Module-level state: a container is a constant, named so, filled where it is written and never changed."""
    constants = set()
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not is_container(node.value):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = ast.unparse(target)
            constants.add(name)
            if name.startswith("__"):
                continue
            if not name.isupper() or is_empty(node.value):
                yield f"line {node.lineno}: {name} is mutable module state; constants are UPPER_CASE and not empty"
    for name, line in written(tree):
        if name in constants:
            yield f"line {line}: changes the module's {name}"
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Global):
            yield f"line {inner.lineno}: global {', '.join(inner.names)}"


def prints(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write", "sys.stderr.write"):
            yield f"line {node.lineno}: prints; only {', '.join(PRINTING[:-1])} do"


def relative(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: a relative import; write from reverie..."


RULES: tuple[tuple[Callable[[ast.Module], Iterator[str]], tuple[str, ...]], ...] = (
    (over_budget, LAX),
    (dangers, ()),
    (state, ()),
    (prints, PRINTING),
    (relative, ()),
)


@pytest.mark.parametrize(("rule", "excused"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_rule(rule: Callable[[ast.Module], Iterator[str]], excused: tuple[str, ...]) -> None:
    held = {name: tree for name, tree in TREES.items() if name.split(".")[0] not in excused}
    bad = [f"{MODULES[name].relative_to(ROOT)}: {problem}" for name, tree in held.items() for problem in rule(tree)]
    assert not bad, "\n".join(bad)


def test_files_are_short() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    bad = [f"{name}: {n} lines" for name, n in lengths.items() if n > (350 if name.startswith("nets.") else 250)]
    assert not bad, f"at most 250 lines (bare networks 350): {bad}"


def test_every_test_mirrors_a_module() -> None:
    names = {name.replace(".", "_") for name in MODULES} | {name.rpartition(".")[2] for name in MODULES}
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path.name not in LAWS]
    strays = [path.name for path in tests if path.stem.removeprefix("test_") not in names]
    assert not strays, f"no module of that name in src/reverie: {strays}"


@pytest.mark.parametrize(
    ("rule", "snippet"),
    [
        (over_budget, "def long():\n" + "    x = 1\n" * 45),
        (over_budget, "def wide(a, b, c, d, e, f, *, g, h): ..."),
        (dangers, "eval(text)"),
        (dangers, "import torch\ntorch.load(path)"),
        (dangers, "torch.load(path, weights_only=False)"),
        (dangers, "pickle.loads(data)"),
        (dangers, "pickle.Unpickler(file)"),
        (dangers, "torch.jit.load(path)"),
        (dangers, "from pickle import loads"),
        (dangers, "yaml.load(text)"),
        (state, "cache = {1: 2}"),
        (state, "CACHE = {}"),
        (state, "SEEN: set[str] = set()"),
        (state, "NAMES = ['a']\ndef add(n):\n    NAMES.append(n)"),
        (state, "NAMES = {'a': 1}\ndef add(n):\n    NAMES[n] = 1"),
        (state, "def f():\n    global x\n    x = 1"),
        (prints, "print('hello')"),
        (relative, "from . import dream"),
    ],
)
def test_the_rules_bite(rule: Callable[[ast.Module], Iterator[str]], snippet: str) -> None:
    assert list(rule(ast.parse(snippet)))


def test_the_floors_bite() -> None:
    assert upward("rng", "dream") and upward("dream", "recipe") and upward("generators.vqgan", "perceptors.mini")
    assert not upward("dream", "prompts") and not upward("cli.paint", "studio") and not upward("generators.vqgan", "generators.pixels")


def test_imports_are_found_where_they_hide() -> None:
    source = "def f():\n    from reverie import paint\n    import reverie.dream\n    from reverie.nets import vqgan\n"
    assert imports(ast.parse(source)) == {home("paint"), "dream", "nets.vqgan"}
    assert not imports(ast.parse("if TYPE_CHECKING:\n    from reverie.dream import Dream\n"))
