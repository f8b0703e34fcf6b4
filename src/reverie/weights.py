"""Networks from files: the built-in ones, people's own, and other people's checkpoints. Nothing in a file is ever executed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from reverie.checkpoints.convert import KINDS, converted
from reverie.checkpoints.fit import Network, blank, misfits
from reverie.errors import BadRequest, in_a_line
from reverie.files import write_file
from reverie.held import by_header, by_names
from reverie.nets.biggan import BigGAN, BigGANConfig
from reverie.nets.codes import CodesConfig, CodeTransformer
from reverie.nets.gpt import GPT, GPTConfig
from reverie.nets.judge import Judge, JudgeConfig
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.nets.progan import ProGAN, ProGANConfig
from reverie.nets.sketch import Sketch, SketchConfig
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.paths import package_weights
from reverie.tokens import Tokenizer

LEAST = 1 << 16  # a configuration may have numbers up to here, however few the weights


def fingerprint(tensors: Iterable[Tensor]) -> str:
    """A short hash of the tensors' bytes."""
    digest = hashlib.blake2b(digest_size=8)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_network(path: Path, kind: str, network: nn.Module, config: Any, lent: str = "", **more: Any) -> None:
    """Write a network in fp16 with its configuration, so that the file is enough to build it, but for the part named
    ``lent``, which another file holds.
    """
    kept = {name: value for name, value in network.state_dict().items() if not (lent and name.startswith(f"{lent}."))}
    half = {name: value.half() if value.is_floating_point() else value for name, value in kept.items()}
    header = {"reverie": json.dumps({"kind": kind, "config": asdict(config), **more})}
    write_file(path, save({name: value.contiguous() for name, value in half.items()}, metadata=header), overwrite=True)


def load_vqgan(name: str, config: str = "") -> VQGAN:
    """A VQGAN by ``mini`` or by path; raises ``BadRequest`` for what is not one, whole and of its own shape.

    Other people's checkpoints are converted once; ``config`` is the YAML of one where it does not stand beside it.
    """
    return _network(_path(name, "vqgan", config), "vqgan", lambda config: VQGAN(VQGANConfig(**_tuples(config))))[0]


def load_biggan(name: str) -> BigGAN:
    """A BigGAN by ``mini`` or by path; raises ``BadRequest`` as ``load_vqgan`` does."""

    def make(config: dict[str, Any]) -> BigGAN:
        layers = tuple((bool(up), int(inside), int(outside)) for up, inside, outside in config["layers"])
        return BigGAN(BigGANConfig(**{**config, "layers": layers}))

    return _network(_path(name, "biggan"), "biggan", make)[0]


def load_progan(name: str) -> ProGAN:
    """A ProGAN by ``mini`` or by path; raises ``BadRequest`` as ``load_vqgan`` does."""
    return _network(_path(name, "progan"), "progan", lambda config: ProGAN(ProGANConfig(**_tuples(config))))[0]


def load_gpt(name: str) -> GPT:
    """A transformer that writes codes, by path; raises ``BadRequest`` as ``load_vqgan`` does."""
    return _network(_path(name, "gpt"), "gpt", lambda config: GPT(GPTConfig(**config)))[0]


def load_clip(name: str) -> tuple[MiniCLIP, Tokenizer]:
    """A mini CLIP and its tokenizer by ``mini`` or by path; raises ``BadRequest`` as ``load_vqgan`` does."""
    path = _path(name, "clip")
    network, header = _network(path, "clip", lambda config: MiniCLIP(MiniCLIPConfig(**_tuples(config))))
    return network, _tokenizer(header, network.config, path)


def load_sketch(name: str, guide: str = "mini") -> tuple[Sketch, Tokenizer]:
    """A sketch network and its tokenizer by ``mini`` or by path; one that was trained with a guide reads by ``guide``'s text tower."""
    path = _path(name, "sketch")
    network, header = _network(
        path, "sketch", lambda config: Sketch(SketchConfig(**_tuples(config))), lambda head: _text(head, guide, path)
    )
    return network, _tokenizer(header, network.config, path)


def _text(header: dict[str, Any], guide: str, path: Path) -> dict[str, Tensor]:
    """The guide's text tower for a file that left it out; nothing for one that has its own."""
    if "reads" not in header:
        return {}
    text = load_clip(guide)[0].text.state_dict()
    if header["reads"] != fingerprint(text.values()):
        raise BadRequest(f"{path} reads by another text tower than that of {guide!r}: give its own guide by -o sketch.guide=FILE.")
    return {f"text.{name}": value for name, value in text.items()}


def load_codes(name: str) -> tuple[CodeTransformer, dict[str, str]]:
    """A code transformer by ``mini`` or by path, and the fingerprints of the ``guide`` and the ``vqgan`` that it was trained with."""
    path = _path(name, "codes")
    network, header = _network(path, "codes", lambda config: CodeTransformer(CodesConfig(**_tuples(config))))
    reads = header.get("reads")
    if not isinstance(reads, dict) or not all(isinstance(reads.get(who), str) for who in ("guide", "vqgan")):
        raise BadRequest(f"{path} does not say which guide and vqgan it was trained with: fetch or train it again.")
    return network, reads


def load_judge(name: str) -> tuple[Judge, dict[str, tuple[str, ...]]]:
    """A judge and what it can name, in its order, with other words for each; by ``mini`` or by path, as ``load_clip``."""
    path = _path(name, "judge")
    network, header = _network(path, "judge", lambda config: Judge(JudgeConfig(**_tuples(config))))
    return network, _things(header, network.config, path)


def _things(header: dict[str, Any], config: JudgeConfig, path: Path) -> dict[str, tuple[str, ...]]:
    try:
        found = {str(name): tuple(str(word) for word in words) for name, words in header["things"].items()}
    except (KeyError, AttributeError, TypeError):
        found = {}
    if len(found) != config.heads[0] - 1:
        raise BadRequest(f"{path} does not say what its {config.heads[0] - 1} things are called: fetch or train it again.")
    return found


def _tokenizer(header: dict[str, Any], config: MiniCLIPConfig | SketchConfig, path: Path) -> Tokenizer:
    pieces = header.get("pieces")
    if not isinstance(pieces, list) or not 0 < len(pieces) <= config.vocabulary or not all(isinstance(p, str) for p in pieces):
        raise BadRequest(f"{path} holds no tokenizer of at most {config.vocabulary} pieces: fetch or train it again.")
    return Tokenizer(pieces, config.length)


def _installed(name: str) -> Path:
    """An installed model's path, or the name itself as one."""
    try:
        from reverie.library import path_of
    except ModuleNotFoundError:  # a bare machine, which trains from files: it has no pydantic, and no models installed
        return Path(name)
    return path_of(name)


def _path(name: str, kind: str, config: str = "") -> Path:
    path = package_weights() / f"mini-{kind}.safetensors" if name == "mini" else _installed(name)
    if kind in KINDS and foreign(name):
        return converted(path, kind, config)
    if not path.is_file():
        mend = (
            "install Reverie again"
            if name == "mini"
            else "give 'mini' (built in), an installed model, a .safetensors file of your own or a checkpoint"
        )
        raise BadRequest(f"There is no weights file {str(path)!r} for {kind}: {mend}.")
    return path


def foreign(name: str) -> bool:
    """Whether a name is that of another's checkpoint, or of a folder with one."""
    path = _installed(name) if name != "mini" else None
    if path is None or not path.exists():
        return False
    return (path.is_file() and path.suffix != ".safetensors") or (not by_header(path) and by_names(path) in KINDS)


def _tuples(config: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}


def _network(
    path: Path, kind: str, make: Callable[[dict[str, Any]], Network], lend: Callable[[dict[str, Any]], dict[str, Tensor]] | None = None
) -> tuple[Network, dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("reverie", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, ValueError) as error:
        raise BadRequest(f"{path} is not a readable safetensors file ({in_a_line(error)}): fetch or train it again.") from error
    found = header.get("kind") if isinstance(header, dict) else None
    if found != kind:
        raise BadRequest(f"{path} holds {found or 'no Reverie network'}, not {kind}.")
    _bounded(path, kind, header.get("config"), sum(tensor.numel() for tensor in tensors.values()))
    lent = lend(header) if lend else {}
    return assemble(path, kind, lambda: make(header["config"]), {**tensors, **lent}), header


def _bounded(path: Path, kind: str, config: Any, most: int) -> None:
    """Raise ``BadRequest`` for a number that is larger than the file: what it counts could not be in there, and would be made first."""
    numbers = [config]
    while numbers:
        value = numbers.pop()
        if isinstance(value, (dict, list)):
            numbers += value.values() if isinstance(value, dict) else value
        elif isinstance(value, int) and abs(value) > max(most, LEAST):
            raise BadRequest(f"{path} does not fit its own configuration: it counts more than the {kind} that it holds has.")


def assemble(path: Path, kind: str, make: Callable[[], Network], tensors: dict[str, Tensor]) -> Network:
    """The network that ``make`` makes, filled with the tensors of ``path``; raises ``BadRequest`` where they do not fit."""
    try:
        network = blank(make)
    except Exception as error:  # whatever a stranger's numbers break
        said = f"has a configuration of which no {kind} can be made ({in_a_line(error)})"
        raise BadRequest(f"{path} {said}: fetch or train it again.") from error
    _fill(network, tensors, path)
    return network.eval().requires_grad_(False)


def _fill(network: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Load by name; anything missing, unknown or misshapen is listed, never ignored."""
    wrong = misfits(network, tensors)
    if wrong:
        raise BadRequest(f"{path} does not fit its own configuration: {wrong}.")
    wanted = network.state_dict()
    network.load_state_dict({name: value.to(wanted[name].dtype) for name, value in tensors.items()}, assign=True)
