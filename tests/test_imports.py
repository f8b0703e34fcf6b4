"""Law 5: importing does nothing, and what touches no tensor never imports torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import reverie
from reverie.testing.imports import WATCH

HEAVY = ("torch", "transformers", "torchvision")


def python(code: str, folder: Path, *words: str) -> str:
    """What this code prints, run in a fresh Python in an empty folder."""
    source = str(Path(reverie.__file__).parents[1])
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": source, "REVERIE_HOME": str(folder / "home")}
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_importing_every_module_does_nothing(tmp_path: Path) -> None:
    source = Path(reverie.__file__).parent
    paths = [path.relative_to(source).with_suffix("").parts for path in source.rglob("*.py") if path.stem not in ("__init__", "__main__")]
    assert len(paths) > 30
    assert not python(WATCH, tmp_path, *sorted(".".join(("reverie", *parts)) for parts in paths))
    assert not list(tmp_path.iterdir())


def test_the_package_alone_imports_next_to_nothing(tmp_path: Path) -> None:
    heavy = ("torch", "pydantic", "PIL", "rich", "cyclopts", "numpy")
    assert python(f"import sys, reverie; print([name for name in {heavy} if name in sys.modules])", tmp_path) == "[]\n"


def test_every_public_name_is_there(tmp_path: Path) -> None:
    found = python("from reverie import *; print(Dream.__name__, Frame.__name__, Prompt.__name__, paint.__name__)", tmp_path)
    assert found.split() == reverie.__all__
    assert python("import reverie; print(hasattr(reverie, 'nonsense'))", tmp_path) == "False\n"


COMMANDS = [
    ["--help"],
    ["--version"],
    [],
    ["paint", "--help"],
    ["replay", "--help"],
    ["score", "--help"],
    ["bench", "speed", "--help"],
    ["train", "--help"],
    ["train", "clip", "--help"],
    ["train", "vqgan", "--help"],
    ["train", "data", "--help"],
    ["show", "picture.png"],
    ["show", "picture.png", "--json"],
    ["show", "nowhere.png"],
    [""],
    ["paint"],
    ["x", "--generator", "nonsense"],
    ["x", "--perceptor", "nonsense"],
    ["x", "--nonsense"],
    ["x", "--size", "0"],
    ["x", "--size", "x"],
    ["x", "--steps", "many"],
    ["x:nan"],
    ["x", "-o", "nonsense"],
    ["x", "-o", "nonsense.option=1"],
    ["x", "-o", "mini.nonsense=1"],
    ["x", "-o", "stack.ratio=0"],
    ["x", "-o", "cutouts.flip=2"],
    ["x", "-o", "sketch.hand=-1"],
    ["x", "--generator", "biggan", "-o", "biggan.tries=0"],
    ["x", "--objective", "nonsense"],
    ["components"],
    ["components", "vqgan", "--json"],
    ["craft", "list", "light"],
    ["craft", "styles", "--json"],
    ["x", "+nonsense"],
    ["{x|y} __nonsense__"],
    ["x", "+mosaic", "--style", "nonsense"],
    ["x", "--out", "picture.png"],
    ["replay", "picture.png", "--set", "nonsense=1"],
    ["score", "picture.png"],
    ["score", "nowhere.png", "--text", "x"],
    ["models"],
    ["models", "list"],
    ["models", "where", "ViT-B/32"],
    ["models", "pull", "nonsense"],
    ["models", "verify"],
    ["x", "--perceptor", "ViT-B/32"],
    ["generate", "--help"],
    ["dream", "x", "--nonsense"],
    ["imagine", "of", "words"],
    ["from-flags", "dream 'x' --save-best"],
    ["from-flags", "imagine 'a fox ran to a river and swam' --create_story"],
]


def test_what_touches_no_tensor_imports_no_torch(tmp_path: Path) -> None:
    """All in one Python, one after the other; the first that imports torch is named."""
    from PIL import Image

    from reverie import Dream
    from reverie.files import save_picture
    from reverie.recipe import Recipe

    save_picture(Image.new("RGB", (8, 8)), tmp_path / "picture.png", Recipe(dream=Dream("x")))
    code = f"import sys\nfrom reverie.cli import main\nfor words in {COMMANDS!r}:\n"
    code += f"    main(words)\n    found = [name for name in {HEAVY} if name in sys.modules]\n    assert not found, (words, found)\n"
    python(code, tmp_path)


def test_painting_imports_no_transformers_no_torchvision_and_no_compiler(tmp_path: Path) -> None:
    code = "import sys\nfrom reverie.cli import main\nassert main(sys.argv[1:]) == 0\n"
    code += "print([name for name in ('transformers', 'torchvision', 'torch._dynamo', 'sympy', 'torch') if name in sys.modules])"
    words = ["x", "--generator", "pixels", "--size", "16x16", "--steps", "1", "--views", "1"]
    assert python(code, tmp_path, *words).splitlines()[-1] == "['torch']"
