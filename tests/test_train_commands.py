"""What `reverie train` does: from npm packages to weights that paint; killed and resumed equals undisturbed; on bare machines."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch
from drawings import icons

from reverie.data.icons import NAMES_VERSION, TEST_SETS, TRAINING_SETS, Icons
from reverie.errors import BadRequest, Failed
from reverie.nets.miniclip import MiniCLIPConfig
from reverie.nets.vqgan import VQGANConfig
from reverie.train.clip import ClipTrainer
from reverie.train.commands import HELD, TESTING, TRAINING, clip, data, home, judge, train, vqgan
from reverie.train.settings import ClipPace, JudgePace, Robust, Sitting, VqganPace
from reverie.train.vqgan import VqganTrainer
from reverie.weights import load_clip, load_vqgan

EYES = MiniCLIPConfig(size=32, dim=16, widths=(8, 16), text_width=16, text_layers=1)
CODES = VQGANConfig(
    ch=8, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(), resolution=32, z_channels=8, embed_dim=8, n_embed=32, groups=4
)


def trainer(kind: str) -> ClipTrainer | VqganTrainer:
    if kind == "clip":
        return ClipTrainer(icons(), ClipPace(8, 4, 1e-3, 2, words=3), Robust(0.3), config=EYES)
    return VqganTrainer(icons(), VqganPace(8, 2, 1e-3, 2), None, config=CODES)


# Dies by SIGKILL after five steps, of which four were saved.
DIES = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
import torch
from test_train_commands import Sitting, train, trainer
torch.set_num_threads(1)
left = iter(range(4))
def die():
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return False
train(trainer(sys.argv[1]), Sitting(out=Path(sys.argv[2]), save_every=0), die)
"""


@pytest.mark.parametrize("kind", ["clip", "vqgan"])
def test_killed_and_resumed_equals_undisturbed(tmp_path: Path, kind: str) -> None:
    whole = train(trainer(kind), Sitting(out=tmp_path / "whole"))
    command = [sys.executable, "-c", DIES, kind, str(tmp_path / "killed"), str(Path(__file__).parent), *sys.path]
    died = subprocess.run(command, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert torch.load(tmp_path / "killed" / "last.pt", weights_only=True)["step"] == 4
    assert not (tmp_path / "killed" / whole.name).exists()
    resumed = train(trainer(kind), Sitting(out=tmp_path / "killed"))
    assert resumed.read_bytes() == whole.read_bytes()


def test_an_unfinished_sitting_leaves_weights_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = train(trainer("clip"), Sitting(out=tmp_path, minutes=1e-9))
    assert load_clip(str(path))[0].config.dim == EYES.dim
    assert "1 of 8 steps" in capsys.readouterr().out


def test_another_kind_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    weights = train(trainer("clip"), Sitting(out=tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(BadRequest, match="another training: kind 'clip', not 'vqgan'"):
        train(trainer("vqgan"), Sitting(out=tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before and weights in before


def archive(path: Path, files: dict[str, Any]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            body = json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))


NAMES = {
    "en/data.json": [
        {"label": "red apple", "group": 4, "subgroup": 1, "tags": ["fruit"]},
        {"label": "horse", "group": 3, "subgroup": 2, "tags": ["animal"]},
        {"label": "flag: Peru", "group": 9, "subgroup": 3, "tags": []},
        {"label": "dark skin tone", "group": 2, "subgroup": 3, "tags": []},
        {"label": "owl", "group": 3, "subgroup": 2, "tags": []},
    ],
    "meta/groups.json": {"subgroups": {"1": "food-fruit", "2": "animal-mammal"}},
}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `npm` that packs from a folder: icon sets of three drawings, the owl in two of them only."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    archive(shelf / f"emojibase-data-{NAMES_VERSION}.tgz", NAMES)
    for number, (name, version) in enumerate((TRAINING_SETS | TEST_SETS).items()):
        drawn = {label: {"body": f'<circle cx="8" cy="8" r="{number + 1}" fill="#f00"/>'} for label in ("red-apple", "horse")}
        if number < 2:
            drawn["owl"] = drawn["horse"]
        archive(shelf / f"iconify-json-{name}-{version}.tgz", {"icons.json": {"width": 16, "height": 16, "icons": drawn}})
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\nname=$(echo "$3" | sed "s/^@//; s|/|-|; s/@/-/")\ncp "{shelf}/$name.tgz" .\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    return shelf


def test_data_is_fetched_rendered_and_packed_once(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data()
    learnt, tested = Icons.load(home() / TRAINING), Icons.load(home() / TESTING)
    assert [concept.name for concept in learnt.concepts] == ["apple", "red apple", "horse"], "two drawings of an owl are too few"
    assert len(learnt.pictures) == 3 * len(TRAINING_SETS) and learnt.pictures.shape[1:] == (4, 96, 96)
    assert len(tested.pictures) == 3, "EmojiOne is apart"
    assert tested.names == ("apple", "red apple", "horse", "owl") and not learnt.names
    assert learnt.pictures[0, :, 48, 48].tolist() == [255, 0, 0, 255]
    before = (home() / TRAINING).stat().st_mtime_ns
    for file in registry.iterdir():
        file.unlink()
    capsys.readouterr()
    data()
    assert "Already packed" in capsys.readouterr().out and (home() / TRAINING).stat().st_mtime_ns == before
    data(force=True)  # from what was fetched
    assert (home() / TRAINING).stat().st_mtime_ns > before
    assert Icons.load(home() / TRAINING).fingerprint() == learnt.fingerprint()


def test_what_is_held_out_is_learnt_nowhere(registry: Path, tmp_path: Path) -> None:
    data(tmp_path, held_out=0.4)
    learnt, held = Icons.load(tmp_path / TRAINING), Icons.load(tmp_path / HELD)
    assert [concept.name for concept in held.concepts] == ["horse"], "apples are drawn as red apples too, and owls too rarely"
    assert [concept.name for concept in learnt.concepts] == ["apple", "red apple"] and "horse" not in learnt.synonyms
    assert len(held.pictures) == len(TRAINING_SETS) and set(learnt.concept.tolist()) == {0, 1}
    (tmp_path / HELD).unlink()
    data(tmp_path)  # only what is missing, and without a share what is drawn too rarely stands in for it
    assert [concept.name for concept in Icons.load(tmp_path / HELD).concepts] == ["owl"]
    assert Icons.load(tmp_path / TRAINING).fingerprint() == learnt.fingerprint()
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(BadRequest, match="--held-out"):
            data(tmp_path, held_out=share)


def test_data_that_cannot_be_had_leaves_nothing_half(registry: Path, tmp_path: Path) -> None:
    gone = next(registry.glob("*twemoji*"))
    gone.unlink()
    with pytest.raises(Failed, match="npm could not fetch @iconify-json/twemoji"):
        data(tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.safetensors"))


def test_a_damaged_archive_is_told_in_a_line(registry: Path, tmp_path: Path) -> None:
    damaged = next(registry.glob("*twemoji*"))
    whole = damaged.read_bytes()
    for number, content in enumerate((b"", b"not an archive", whole[: len(whole) // 2], whole[:20] + b"\xff" * 60 + whole[80:])):
        damaged.write_bytes(content)
        with pytest.raises(Failed, match="twemoji.*is damaged.*delete it") as error:
            data(tmp_path / str(number))
        assert len(str(error.value).splitlines()) == 1


def test_data_without_the_renderer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadRequest, match=r"pip install 'reverie\[train\]'"):
        data(tmp_path)


def test_what_cannot_start_is_told_before_time_is_spent(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="reverie train data"):
        clip(ClipPace(), Robust(), Sitting(data=tmp_path))
    with pytest.raises(BadRequest, match="only what `reverie train data` made does"):
        judge(JudgePace(), Sitting(data=tmp_path))
    with pytest.raises(BadRequest, match="no weights file 'nowhere.safetensors'"):
        vqgan(VqganPace(), "nowhere.safetensors", Sitting(data=tmp_path))
    if not torch.cuda.is_available():
        with pytest.raises(BadRequest, match="--device cuda.*no CUDA"):
            clip(ClipPace(), Robust(), Sitting(device="cuda"))


BARE = """
import sys
ABSENT = "pydantic cyclopts platformdirs filelock rich resvg_py transformers accelerate tensorboardX".split()
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"{name} is not on a bare machine")
sys.meta_path.insert(0, Absent())
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from reverie.train.commands import clip, vqgan
from reverie.train.settings import ClipPace, JudgePace, Robust, Sitting, VqganPace
folder = Path(sys.argv[1])
eyes = clip(ClipPace(1, 2, warmup=1, words=2), Robust(), Sitting(data=folder, out=folder / "clip", threads=1))
print(vqgan(VqganPace(1, 2, warmup=1), str(eyes), Sitting(data=folder, out=folder / "vqgan", threads=1)))
"""


def test_training_runs_where_there_is_torch_and_little_else(tmp_path: Path) -> None:
    """With the real sizes and defaults, for one step each."""
    icons().save(tmp_path / TRAINING)
    done = subprocess.run([sys.executable, "-c", BARE, str(tmp_path), *sys.path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert load_clip(str(tmp_path / "clip" / "clip.safetensors"))[0].config.size == 64
    assert load_vqgan(done.stdout.splitlines()[-1]).config.n_embed == 1024
