"""Training the mini VQGAN: it learns, its codebook follows the averages, and no code stays dead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from drawings import icons
from PIL import Image
from torch import nn

from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.train.settings import VqganPace
from reverie.train.vqgan import CROP, MINI, Averages, PatchDiscriminator, VqganTrainer, wake
from reverie.weights import load_vqgan

TINY = VQGANConfig(
    ch=8, ch_mult=(1, 1, 2), num_res_blocks=1, attn_resolutions=(), resolution=64,
    z_channels=16, embed_dim=8, n_embed=32, groups=4, mid_attention=False,
)  # fmt: skip
GUIDE = MiniCLIPConfig(size=32, dim=16, widths=(8, 8, 16, 16, 16), vocabulary=64, text_width=16, text_layers=1)


def guide() -> MiniCLIP:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return MiniCLIP(GUIDE)


def trainer(steps: int = 30, seen_by: MiniCLIP | None = None) -> VqganTrainer:
    return VqganTrainer(icons(), VqganPace(steps, 4, 4e-3, 3), seen_by, config=TINY)


def test_the_loss_falls() -> None:
    learner = trainer(100)
    figures = [learner.step(number, learner.draw(number)) for number in range(30)]
    assert sum(one["l1"] for one in figures[-5:]) < 0.8 * sum(one["l1"] for one in figures[:5])
    assert figures[-1]["codes"] > 4


def test_the_critic_learns_late_and_then() -> None:
    learner = trainer(10)
    before = [p.clone() for p in learner.critic.parameters()]
    learner.step(0, learner.draw(0))
    assert all(torch.equal(a, b) for a, b in zip(before, learner.critic.parameters(), strict=True))
    learner.step(9, learner.draw(9))
    assert not all(torch.equal(a, b) for a, b in zip(before, learner.critic.parameters(), strict=True))


def test_a_guide_adds_its_term_and_stays_as_it_is() -> None:
    eyes = guide()
    before = {name: value.clone() for name, value in eyes.state_dict().items()}
    alone, seen = trainer(), trainer(seen_by=eyes)
    with_guide, without = seen.step(0, seen.draw(0)), alone.step(0, alone.draw(0))
    assert with_guide["l1"] == without["l1"] and with_guide["loss"] > without["loss"]
    assert all(torch.equal(value, before[name]) for name, value in eyes.state_dict().items())
    same = seen.draw(1)
    assert seen._perceived(same, same).item() == 0
    assert seen.settings != alone.settings


def test_crops_are_views_of_scenes() -> None:
    drawn = trainer().draw(2)
    assert drawn.shape == (4, 3, CROP, CROP) and drawn.min() >= 0 and drawn.max() <= 1
    assert torch.equal(drawn, trainer().draw(2)) and not torch.equal(drawn, trainer().draw(3))


def update(averages: Averages, book: nn.Embedding, z: torch.Tensor, seed: int = 0) -> torch.Tensor:
    flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
    chosen = torch.cdist(flat, book.weight.detach()).argmin(1)
    averages.update(book, z, chosen, torch.Generator().manual_seed(seed))
    return chosen


def test_averages_set_the_codebook() -> None:
    averages, book = Averages(4, 2), nn.Embedding(4, 2)
    z = torch.randn(2, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    flat = z.permute(0, 2, 3, 1).reshape(-1, 2)
    averages.plant(book, flat, torch.Generator().manual_seed(0))
    chosen = update(averages, book, z)
    assert torch.allclose(book.weight, averages.total / averages.use.unsqueeze(1))
    assert averages.use[chosen.mode().values] > 1
    for seed in range(400):
        chosen = update(averages, book, z, seed)
    means = torch.stack([flat[chosen == code].mean(0) for code in range(4)])
    assert torch.allclose(book.weight, means, atol=0.05), "codes settle on the mean of what chooses them"


def test_the_first_codes_are_planted_where_the_encoder_is() -> None:
    averages, book = Averages(4, 2), nn.Embedding(4, 2)
    centres = torch.tensor([[9.0, 9.0], [-9.0, 9.0], [9.0, -9.0], [-9.0, -9.0]])
    points = (centres[:, None] + 0.1 * torch.randn(4, 25, 2, generator=torch.Generator().manual_seed(0))).reshape(-1, 2)
    averages.plant(book, points, torch.Generator().manual_seed(3))
    spread = torch.cdist(points, points.mean(0, keepdim=True)).mean()
    assert torch.cdist(points, book.weight.detach()).amin(1).mean() < 0.6 * spread
    assert torch.equal(book.weight, averages.total) and (averages.use == 1).all()
    learner = trainer(20)
    for number in (0, 2):
        assert learner.step(number, learner.draw(number))["codes"] == 0, "free of the codebook at first"
    before = learner.model.quantize.embedding.weight.clone()
    assert learner.step(3, learner.draw(3))["codes"] > 0
    assert not torch.equal(learner.model.quantize.embedding.weight, before)


def test_dead_codes_are_revived_where_the_encoder_is() -> None:
    averages, book = Averages(3, 2), nn.Embedding(3, 2)
    near = torch.randn(2, 2, 6, 6) + 50
    averages.use.copy_(torch.tensor([5.0, 5.0, 0.01]))
    averages.total.copy_(torch.tensor([[250.0, 250.0], [251.0, 249.0], [-9.0, -9.0]]))
    with torch.no_grad():
        book.weight.copy_(averages.total / averages.use.unsqueeze(1))
    assert book.weight[2].max() < -100
    update(averages, book, near)
    assert averages.use[2] == 1 and (book.weight[2] - 50).abs().max() < 6


def test_it_starts_awake() -> None:
    """A picture's contrast reaches the codes and comes back; with PyTorch's own start it fades on the way."""
    config = replace(TINY, ch_mult=(1, 1, 2, 2))
    torch.manual_seed(0)
    plain, awake = VQGAN(config), VQGAN(config)
    wake(awake)
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        latents = [net.encode(images) for net in (plain, awake)]
        back = [net.decode(z).std() for net, z in zip((plain, awake), latents, strict=True)]
    assert latents[1].std() > 2 * latents[0].std() and 0.5 < latents[1].std() < 2
    assert back[1] > back[0]


def test_the_critic_judges_patches() -> None:
    assert PatchDiscriminator()(torch.rand(2, 3, 64, 64)).shape == (2, 1, 8, 8)


def test_a_sheet_to_look_at(tmp_path: Path) -> None:
    trainer().sample(tmp_path, 3)
    with Image.open(tmp_path / "sheet-000003.png") as sheet:
        assert sheet.size == (4 * 2 * CROP, 2 * 2 * CROP)


def test_the_export_is_read_by_the_generator(tmp_path: Path) -> None:
    learner = trainer()
    learner.step(0, learner.draw(0))
    learner.export(tmp_path / "vqgan.safetensors")
    network = load_vqgan(str(tmp_path / "vqgan.safetensors"))
    assert network.config == TINY
    codes = learner.slow.network.state_dict()["quantize.embedding.weight"]
    assert torch.equal(network.quantize.embedding.weight, codes.half().float())


def test_the_built_in_one_paints_any_size() -> None:
    assert MINI.factor == 8 and not MINI.mid_attention and MINI.attn_resolutions == ()
