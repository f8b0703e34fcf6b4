"""Two real processes that train one model: they stay alike, learn as one would from the whole batch, and resume exactly."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pictures
import pytest
import test_train_commands
import torch
from torch import nn

from reverie.errors import BadRequest
from reverie.train import together
from reverie.train.commands import train
from reverie.train.settings import Sitting

# What each of two processes does; everything that it asserts is told by its exit code.
BOTH = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import torch
import torch.nn.functional as F
from torch import nn
from drawings import icons
from reverie.errors import BadRequest
from reverie.train import together
from reverie.train.commands import train
from reverie.train.settings import Sitting
import test_train_codes, test_train_commands, test_train_folder_clip, test_train_judge

torch.set_num_threads(1)
out = Path(sys.argv[1])

def alike(trainer):
    for name, part in trainer.parts().items():
        for key, value in part.state_dict().items() if isinstance(part, nn.Module) else ():
            if "running" not in key:  # what a process saw of its own share, for which the first one's stands
                both = together.gather(value.float()[None])
                assert torch.equal(both[0], both[1]), (name, key)

def exact_gradients():
    whole, part = torch.randn(8, 5), slice(4 * together.rank(), 4 * together.rank() + 4)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    together.agree((ours, theirs))
    scale = torch.tensor(3.0, requires_grad=True)
    def loss(a, b):
        return F.cross_entropy(scale * a @ b.T, torch.arange(8))
    learnt = [*ours.parameters(), *theirs.parameters(), scale]
    wanted = torch.autograd.grad(loss(ours(whole), theirs(whole)), learnt)
    found = torch.autograd.grad(loss(together.gather(ours(whole[part])), together.gather(theirs(whole[part]))), learnt)
    together.average(found)
    for mine, its in zip(found, wanted, strict=True):
        assert torch.allclose(mine, its, atol=1e-6), (mine, its)

with together.company("cpu") as device:
    assert device == "cpu" and together.count() == 2
    torch.manual_seed(0)
    exact_gradients()
    for name, trainer in (
        ("clip", test_train_commands.trainer("clip")), ("vqgan", test_train_commands.trainer("vqgan")),
        ("judge", test_train_judge.trainer(steps=3, batch=8)), ("codes", test_train_codes.trainer(steps=6)),
    ):
        train(trainer, Sitting(out=out / name, workers=1))
        alike(trainer)
    learner = test_train_folder_clip.clip(out / "own", 60)
    losses = [learner.step(number, learner.draw(together.turn(number)))["loss"] for number in range(60)]
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10]), losses
    alike(learner)
    for kind, again in (("clip", test_train_commands.trainer), ("codes", lambda kind: test_train_codes.trainer(steps=6))):
        left = iter(range(2))
        stop = lambda: together.rank() == 1 and next(left, None) is None  # only one of them is asked
        train(again(kind), Sitting(out=out / f"{kind}-halved"), stop)
        assert torch.load(out / f"{kind}-halved" / "last.pt", weights_only=True)["step"] == 3
        train(again(kind), Sitting(out=out / f"{kind}-halved"))
    try:
        train(test_train_folder_clip.clip(out / "own", batch=3), Sitting(out=out / "odd"))
        raise AssertionError
    except BadRequest as error:
        assert "multiple of 2" in str(error)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("together")
    pictures.folder(out / "own")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    company = [
        subprocess.Popen(
            [sys.executable, "-c", BOTH, str(out), str(Path(__file__).parent), *sys.path],
            env=os.environ | {"WORLD_SIZE": "2", "RANK": rank, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in "01"
    ]  # fmt: skip
    told = [process.communicate(timeout=300) for process in company]
    assert [process.returncode for process in company] == [0, 0], told
    assert told[0][0] and not told[1][0], "only the first one talks"
    return out


@pytest.mark.parametrize("kind", ["clip", "codes"])
def test_stopped_and_resumed_equals_undisturbed(trained: Path, kind: str) -> None:
    whole, halved = (path / f"{kind}.safetensors" for path in (trained / kind, trained / f"{kind}-halved"))
    assert whole.read_bytes() == halved.read_bytes()


def test_what_two_began_one_does_not_go_on_with(trained: Path) -> None:
    with pytest.raises(BadRequest, match="another training: processes 2, not None"):
        train(test_train_commands.trainer("clip"), Sitting(out=trained / "clip"))
    assert len((trained / "clip" / "log.jsonl").read_text().splitlines()) == 1


def test_alone_nothing_is_exchanged() -> None:
    x = torch.randn(3, 2)
    assert together.count() == 1 and together.rank() == 0 and together.turn(7) == 7 and together.share(5) == 5
    assert together.gather(x) is x and together.any_of(True) and not together.any_of(False)
    before = x.clone()
    together.average([x])
    together.agree([nn.Linear(2, 2)])
    assert torch.equal(x, before)
    with together.company("cuda:1") as device:
        assert device == "cuda:1"


def test_without_accelerate_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(BadRequest, match=r"needs accelerate: pip install 'reverie\[train\]'"), together.company("cpu"):
        pass
