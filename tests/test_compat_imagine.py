"""The classes of big-sleep and deep-daze: their READMEs' snippets with the import changed, and made small by their own arguments."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch
from PIL import Image
from test_cli_compat import interrupted

from reverie.compat import big_sleep, deep_daze
from reverie.compat.imagine import picture_of
from reverie.errors import BadRequest
from reverie.files import read_recipe

BIG_SLEEP = """
from big_sleep import Imagine

dream = Imagine(
    text = "an armchair in the form of pikachu|an armchair imitating pikachu|abstract",
    text_min = "blur|zoom",
    lr = 5e-2,
    save_every = 1,
    save_progress = True,
    SMALL
)

dream()

dream.set_text("a quiet pond underneath the midnight moon")
dream()
dream.reset()
"""
DEEP_DAZE = """
from deep_daze import Imagine

imagine = Imagine(
    text = 'cosmic love and attention',
    num_layers = 2,
    save_every=2,
    save_progress=True,
    SMALL
)
imagine()
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is painted in an empty folder."""
    monkeypatch.chdir(tmp_path)


def run(snippet: str, small: str) -> dict[str, object]:
    code = snippet.replace("from big_sleep", "from reverie.compat.big_sleep").replace("from deep_daze", "from reverie.compat.deep_daze")
    names: dict[str, object] = {}
    exec(compile(code.replace("SMALL", small), "README.md", "exec"), names)
    return names


def test_big_sleeps_snippets(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(BIG_SLEEP, "epochs=1, iterations=2, image_size=32, num_cutouts=2")
    made = sorted(path.name for path in Path().glob("*.png"))
    first = "an-armchair-in-the-form-of-pikachu-an-armchair-imitating-pikachu-abstract"
    second = "a-quiet-pond-underneath-the-midnight-moon"
    assert made == sorted(
        [f"{first}.png", *(f"{first}.{n:06}.png" for n in (1, 2)), f"{second}.png", *(f"{second}.{n:06}.png" for n in (2, 3, 4))]
    )
    assert "step 2/2" in capsys.readouterr().err
    stages = read_recipe(f"{second}.png").stages()
    assert [(dream.prompts[0].text, left) for dream, left in stages] == [
        ("an armchair in the form of pikachu", 2), ("a quiet pond underneath the midnight moon", 4),
    ]  # fmt: skip
    assert [prompt.weight for prompt in stages[0][0].prompts] == [1, 1, 1, -1, -1] and len(stages[1][0].prompts) == 1
    dream = names["dream"]
    assert isinstance(dream, big_sleep.Imagine) and dream.filename == Path(f"{second}-2.png") and dream.notes


def test_deep_dazes_snippet() -> None:
    run(DEEP_DAZE, "epochs=1, iterations=2, image_width=32, hidden_size=8, batch_size=1, gradient_accumulate_every=2, seed=3")
    assert {path.name for path in Path().glob("*.jpg")} == {"cosmic-love-and-attention.jpg", "cosmic-love-and-attention.000002.jpg"}
    assert read_recipe("cosmic-love-and-attention.jpg").dream.seed == 3


def test_nothing_is_painted_over() -> None:
    small = {"iterations": 1, "image_width": 32, "num_layers": 1, "hidden_size": 8, "batch_size": 1, "gradient_accumulate_every": 1}
    for name in ("x.jpg", "x-2.jpg"):
        imagine = deep_daze.Imagine(text="x", save_progress=False, **small)  # type: ignore[arg-type]
        imagine()
        assert imagine.filename == Path(name) and Path(name).exists()


def test_ctrl_c_ends_with_the_picture_so_far() -> None:
    small = {"image_width": 32, "num_layers": 1, "hidden_size": 8, "batch_size": 1, "seed": 1, "save_every": 1}
    imagine = deep_daze.Imagine(text="x", iterations=5000, **small)  # type: ignore[arg-type]
    before = signal.getsignal(signal.SIGINT)
    interrupted("x.000001.jpg", imagine)
    assert signal.getsignal(signal.SIGINT) is before
    assert 0 < read_recipe(imagine.filename).stages()[-1][1] < 5000


def test_seeds_are_drawn_where_none_is_given() -> None:
    dreams = [big_sleep.Imagine(text="x") for _ in range(4)]
    assert len({dream.translation.dream.seed for dream in dreams}) > 1
    before = dreams[0].translation.dream.seed
    seeds = set()
    for _ in range(4):
        dreams[0].reset()
        seeds.add(dreams[0].translation.dream.seed)
    assert seeds != {before}
    kept = big_sleep.Imagine(text="x", seed=5)
    kept.reset()
    assert kept.translation.dream.seed == 5


def test_text_before_the_first_painting() -> None:
    dream = big_sleep.Imagine(text="a fox", text_min="blur")
    dream.set_text("a hen|red")
    assert [prompt.text for prompt in dream.translation.dream.prompts] == ["a hen", "red"] and dream.filename == Path("a-hen-red.png")
    dream.reset()
    assert [prompt.text for prompt in dream.translation.dream.prompts] == ["a hen", "red"]
    story = deep_daze.Imagine(text="a fox ran and a hen sat there", create_story=True, iterations=3)
    assert [left for _, left in story.translation.recipe.stages()] == [3, 6]
    story.set_clip_encoding(text="a hen|red")
    assert [prompt.text for prompt in story.translation.dream.prompts] == ["a hen|red"]


def test_a_picture_of_pillows_is_a_prompt() -> None:
    image = Image.new("RGB", (8, 8), "red")
    dream = big_sleep.Imagine(text="a fox", img=image)
    found = dream.translation.dream.prompts[1]
    assert found.kind == "picture" and found.weight == 0.5 and Path(found.text) == picture_of(image)
    assert Image.open(found.text).getpixel((0, 0)) == (255, 0, 0)


def test_a_vector_is_painted(own_home: Path) -> None:
    dream = big_sleep.Imagine(encoding=torch.ones(1, 8), text="a fox", text_min="blur")
    first, blur = dream.translation.dream.prompts
    assert first.kind == "vector" and Path(first.text).parent == own_home / "cache" / "vectors" and blur.weight == -1
    assert any("--encoding" in note for note in dream.notes)
    story = deep_daze.Imagine(clip_encoding=[1.0, 2.0])
    assert [prompt.kind for prompt in story.translation.dream.prompts] == ["vector"]
    for turned in (dream, story):
        turned.set_clip_encoding(encoding="fox.npy")
        assert [prompt.text for prompt in turned.translation.dream.prompts] == ["fox.npy"] and turned.filename.stem == "fox"
    for make in (lambda: big_sleep.Imagine(encoding="words"), lambda: deep_daze.Imagine(clip_encoding={})):
        with pytest.raises(BadRequest, match="vector"):
            make()
