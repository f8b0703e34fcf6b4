"""Where a painting starts: the sketch of its words or a picture sampled from them, in any shape of picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from PIL import Image
from test_nets_codes import TINY as CODES
from test_nets_codes import network as transformer

from reverie import begin, build
from reverie.checks import check
from reverie.dream import NOISES, Dream
from reverie.errors import BadRequest
from reverie.nets.sketch import Sketch, SketchConfig
from reverie.options.sample import Options as SampleOptions
from reverie.options.sketch import Options as SketchOptions
from reverie.plan import Plan
from reverie.rng import Rng
from reverie.starts import Sampler, Sketcher, favourite, looked_at, noise, ranked, standing_out, subject
from reverie.types import Chooser, Mixer
from reverie.weights import fingerprint, load_clip, load_codes, load_vqgan, save_network

TINY = SketchConfig(hands=3, widths=(16, 8), cond=16, hidden=16, vocabulary=128, length=8, dim=16, text_width=16)


def network() -> Sketch:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Sketch(TINY).eval()


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    return Sketcher(network(), tiny.tokenizer(), tiny.CPU)


def test_a_sketch_fills_the_picture(sketcher: Sketcher) -> None:
    drawn = sketcher.draw("a red fox", [0, 2], 24, 24)
    assert drawn.shape == (2, 3, 24, 24)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert drawn.std() > 0


def test_in_a_wide_picture_the_edges_run_on(sketcher: Sketcher) -> None:
    wide, square = sketcher.draw("a red fox", [0], 16, 40), sketcher.draw("a red fox", [0], 16, 16)
    assert torch.equal(wide[..., 12:28], square)
    assert torch.equal(wide[..., :12], wide[..., 12:13].expand(1, 3, 16, 12))


def test_words_and_hands_change_the_sketch(sketcher: Sketcher) -> None:
    first, second, third = sketcher.draw("a red fox", [0, 1, 2], 16, 16)
    assert not torch.equal(first, second) and not torch.equal(second, third)
    assert not torch.equal(sketcher.draw("a castle", [0], 16, 16)[0], first)


def test_the_seed_draws_the_hands(sketcher: Sketcher) -> None:
    two = SketchOptions(tries=2)
    drawn = [sketcher.hands(Rng(seed), two) for seed in range(12)]
    assert drawn == [sketcher.hands(Rng(seed), two) for seed in range(12)]
    assert all(len(set(hands)) == 2 and set(hands) <= {0, 1, 2} for hands in drawn)
    assert len({tuple(hands) for hands in drawn}) > 1
    assert sketcher.hands(Rng(0), SketchOptions(hand=4)) == [1]  # hands are counted round


def test_the_perceptors_choose(networks: tiny.Options) -> None:
    (perceptor,) = tiny.engine([tiny.dream(networks)]).perceptors.values()
    pictures = torch.rand(5, 3, 40, 40, generator=torch.Generator().manual_seed(3))
    small = torch.nn.functional.interpolate(pictures, size=(32, 32), mode="area")
    likeness = (perceptor.look(small) @ perceptor.read(["a castle"]).T).flatten()
    seen = looked_at(pictures.split(2), [perceptor])
    assert favourite(seen, "a castle", [perceptor]) == int(likeness.argmax())
    assert ranked(seen, "a castle", [perceptor]) == likeness.argsort(descending=True).tolist()


@pytest.mark.parametrize(("tile", "transparent"), [("none", False), ("across", False), ("none", True)])
def test_several_of_the_best_choices_may_be_mixed(networks: tiny.Options, tile: str, transparent: bool) -> None:
    networks = networks | {"biggan": networks["biggan"] | {"basis": 2}}
    dreams = [
        tiny.dream(networks, text, generator="biggan", init="sketch", tile=tile, transparent=transparent, steps=2)
        for text in ("a castle", "a red fox")
    ]
    made = tiny.engine(dreams)
    latent = begin.start(made, dreams, Plan(tiny.CPU, False, 256))
    assert [tuple(part.shape) for part in latent.parts[:3]] == [(2, 2, 3, 4), (2, 2, 3, 5), (2, 2, 3)]
    assert isinstance(made.generator, Mixer) and isinstance(made.generator, Chooser)
    choices = made.generator.choices(Rng(0), 32, 32)
    order = ranked(begin._seen(made, choices, Plan(tiny.CPU, False, 256)), "a castle", made.perceptors.values())
    assert torch.equal(latent.parts[1][0], choices.parts[1][order[:2]])
    shown = list(build.frames(dreams))
    assert not torch.equal(shown[0].pixels, shown[-2].pixels)


@pytest.mark.parametrize("generator", ["biggan", "progan"])
def test_a_generator_without_an_encoder_starts_from_the_choice_of_the_perceptors(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, "a castle", generator=generator, init="sketch", steps=2)
    first = next(iter(build.frames([dream])))
    made = tiny.engine([dream])
    assert isinstance(made.generator, Chooser)
    choices = made.generator.choices(Rng(dream.seed), 32, 32)
    pictures = made.generator(choices)
    best = favourite(looked_at([pictures.clamp(0, 1)], made.perceptors.values()), "a castle", made.perceptors.values())
    pixels = (pictures[best].clamp(0, 1).permute(1, 2, 0) * 255).round()
    assert (first.pixels.float() - pixels).abs().max() <= 1
    with pytest.raises(BadRequest, match="cannot start from a picture"):
        next(iter(build.frames([dream.model_copy(update={"init": "noise"})])))


def test_the_heaviest_prompt_is_sketched() -> None:
    assert subject(Dream("a fox | a castle:2 | a house:2")) == "a castle"
    assert subject(Dream("a fox:-1")) == ""


def test_a_dream_starts_from_its_sketch(networks: tiny.Options, tmp_path: Path) -> None:
    path = tmp_path / "sketch.safetensors"
    save_network(path, "sketch", network(), TINY, pieces=tiny.tokenizer().pieces)
    options = {**networks, "sketch": {"weights": str(path), "hand": 1}}
    dream = Dream("a red fox", generator="pixels", size=16, steps=0, init="sketch", options={k: options[k] for k in ("mini", "sketch")})
    (frame,) = build.frames([dream])
    (wanted,) = Sketcher(network().half().float(), tiny.tokenizer(), tiny.CPU).draw("a red fox", [1], 16, 16)
    pixels = (wanted.clamp(0.01, 0.99).permute(1, 2, 0) * 255).round()
    assert (frame.pixels.float() - pixels).abs().max() <= 1


def test_a_dream_starts_from_a_picture_or_from_chance(networks: tiny.Options, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (200, 40, 40)).save(tmp_path / "red.png")
    (frame,) = build.frames([tiny.dream(networks, size=16, steps=0, init=str(tmp_path / "red.png"))])
    assert (frame.pixels[8, 8].float() - torch.tensor([200.0, 40.0, 40.0])).abs().max() <= 1
    with pytest.raises(BadRequest, match="missing.png"):
        next(build.frames([tiny.dream(networks, init=str(tmp_path / "missing.png"))]))


def reads(vqgan_seed: int = 0, clip_seed: int = 0) -> dict[str, str]:
    text, book = tiny.clip(seed=clip_seed).text, tiny.vqgan(seed=vqgan_seed).quantize.embedding.weight
    return {"guide": fingerprint(text.state_dict().values()), "vqgan": fingerprint([book])}


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler(transformer(), reads(), tiny.clip(), tiny.tokenizer(), tiny.vqgan(), tiny.CPU)


def test_a_sample_fills_the_picture(sampler: Sampler) -> None:
    for height, width in ((8, 8), (6, 6), (16, 24)):
        drawn = sampler.draw("a red fox", Rng(0), SampleOptions(tries=5), height, width)
        assert drawn.shape == (5, 3, height, width)
        assert drawn.min() >= 0 and drawn.max() <= 1 and drawn.std() > 0
        assert len({one.numpy().tobytes() for one in drawn}) == 5


def test_seed_and_words_change_the_sample(sampler: Sampler) -> None:
    options = SampleOptions(tries=2)
    drawn = sampler.draw("a red fox", Rng(0), options, 8, 8)
    assert torch.equal(drawn, sampler.draw("a red fox", Rng(0), options, 8, 8))
    assert not torch.equal(drawn, sampler.draw("a red fox", Rng(1), options, 8, 8))
    assert not torch.equal(drawn, sampler.draw("a castle", Rng(0), options, 8, 8))
    assert not torch.equal(drawn, sampler.draw("a red fox", Rng(0), options.model_copy(update={"guidance": 8.0}), 8, 8))
    more = sampler.draw("a red fox", Rng(0), SampleOptions(tries=3), 8, 8)
    assert torch.allclose(more[:2], drawn, atol=1e-5), "a try is the same whatever comes after it"


@pytest.mark.parametrize(("who", "kept"), [("guide", reads(clip_seed=1)), ("vqgan", reads(vqgan_seed=1))])
def test_a_sampler_with_other_readers_is_refused(who: str, kept: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match=f"trained with the {who} of fingerprint '{kept[who]}'.*sample.{who}=FILE"):
        Sampler(transformer(), kept, tiny.clip(), tiny.tokenizer(), tiny.vqgan(), tiny.CPU)


@pytest.fixture
def samples(networks: tiny.Options, tmp_path: Path) -> dict[str, str]:
    """``sample``'s options for a code transformer in a file, which reads with the tiny networks."""
    guide, vqgan = networks["mini"]["weights"], networks["vqgan"]["weights"]
    book = load_vqgan(vqgan).quantize.embedding.weight
    marks = {"guide": fingerprint(load_clip(guide)[0].text.state_dict().values()), "vqgan": fingerprint([book])}
    save_network(tmp_path / "codes.safetensors", "codes", transformer(), CODES, reads=marks)
    return {"weights": str(tmp_path / "codes.safetensors"), "guide": guide, "vqgan": vqgan}


def sampled(networks: tiny.Options, samples: Mapping[str, Any], **fields: Any) -> Dream:
    made = tiny.dream(networks, size=16, init="sample", **fields)
    return made.model_copy(update={"options": {**made.options, "sample": samples}})


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
def test_a_dream_starts_from_its_sample(networks: tiny.Options, samples: dict[str, str], generator: str) -> None:
    dream = sampled(networks, samples, generator=generator, steps=1)
    first, again = list(build.frames([dream]))[-1], list(build.frames([dream]))[-1]
    assert torch.equal(first.pixels, again.pixels)
    chance = list(build.frames([dream.model_copy(update={"init": "random", "options": tiny.dream(networks, generator=generator).options})]))
    assert not torch.equal(first.pixels, chance[-1].pixels)


def test_the_perceptors_choose_the_sample(networks: tiny.Options, samples: dict[str, str]) -> None:
    dream = sampled(networks, samples, steps=0)
    (frame,) = build.frames([dream])
    maker = Sampler(*load_codes(samples["weights"]), *load_clip(samples["guide"]), load_vqgan(samples["vqgan"]), tiny.CPU)
    drawn = maker.draw("a red fox", Rng(dream.seed), SampleOptions(), 16, 16)
    eyes = tiny.engine([tiny.dream(networks)]).perceptors.values()
    wanted = drawn[favourite(looked_at([drawn], eyes), "a red fox", eyes)]
    pixels = (wanted.clamp(0.01, 0.99).permute(1, 2, 0) * 255).round()
    assert (frame.pixels.float() - pixels).abs().max() <= 1


def test_files_that_cannot_be_sampled_from_are_refused(networks: tiny.Options, samples: dict[str, str], tmp_path: Path) -> None:
    nowhere, unread = str(tmp_path / "nowhere.safetensors"), tmp_path / "unread.safetensors"
    save_network(unread, "codes", transformer(), CODES)
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"weights": nowhere}, "no weights file .*nowhere.safetensors' for codes"),
        ({"weights": samples["vqgan"]}, "holds vqgan, not codes"),
        ({"weights": str(unread)}, "does not say which guide and vqgan"),
        ({"guide": "mini"}, "trained with the guide"),
        ({"vqgan": "mini"}, "trained with the vqgan"),
        ({"tries": 0}, "sample.tries cannot be 0"),
        ({"trys": 2}, "tries"),
    )
    for wrong, told in cases:
        with pytest.raises(BadRequest, match=told):
            next(build.frames([sampled(networks, {**samples, **wrong})]))


def test_sketch_options_need_a_sketch(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="sketch"):
        check(tiny.dream(networks).model_copy(update={"options": {"sketch": {"hand": 1}}}))


@pytest.mark.parametrize("kind", NOISES)
def test_noises_are_pictures_that_follow_the_seed(kind: str) -> None:
    made = noise(kind, Rng(1), 24, 40)
    assert made.shape == (1, 3, 24, 40) and made.min() >= 0 and made.max() <= 1 and made.std() > 0.02
    assert torch.equal(made, noise(kind, Rng(1), 24, 40)) and not torch.equal(made, noise(kind, Rng(2), 24, 40))


def test_noises_differ_in_grain() -> None:
    def roughness(kind: str) -> float:
        made = noise(kind, Rng(0), 64, 64)
        return ((made[..., 1:] - made[..., :-1]).abs().mean() / made.std()).item()

    assert roughness("gradient") < 0.5 * roughness("fractal") < 0.5 * roughness("noise")


@pytest.mark.parametrize("kind", NOISES)
def test_a_dream_starts_from_noise(kind: str, networks: tiny.Options) -> None:
    (frame,) = build.frames([tiny.dream(networks, generator="pixels", size=16, steps=0, init=kind)])
    wanted = noise(kind, Rng(0), 16, 16)[0].permute(1, 2, 0)
    assert (frame.pixels.float() / 255 - wanted).abs().max() < 0.02


def test_a_weight_keeps_the_picture_near_its_start(networks: tiny.Options) -> None:
    def moved(weight: float) -> float:
        fields = {"generator": "pixels", "size": 16, "steps": 12, "init": "gradient", "init_weight": weight}
        seen = list(build.frames([tiny.dream(networks, **fields)]))
        assert ("init" in seen[-1].losses) == bool(weight)
        return (seen[-1].pixels.float() - seen[0].pixels.float()).square().mean().item()

    assert moved(100.0) < 0.5 * moved(0.0)


def test_a_start_that_is_no_word_and_no_file(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="no start or picture 'fractall'. Did you mean 'fractal'"):
        next(build.frames([tiny.dream(networks, init="fractall")]))


def test_what_stands_out_is_not_the_paper() -> None:
    picture = torch.full((1, 3, 16, 16), 0.9)
    picture[..., 5:11, 5:11] = torch.tensor([0.8, 0.1, 0.2]).view(1, 3, 1, 1)
    found = standing_out(picture)
    assert found.shape == (1, 1, 16, 16) and found[0, 0, 6:10, 6:10].min() == 1 and found[0, 0, :4].max() == 0
