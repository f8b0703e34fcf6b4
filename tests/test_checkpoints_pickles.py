"""Files that mean harm: nothing in them is executed, nothing is written, no memory is given away, and a line says why."""

from __future__ import annotations

import io
import os
import pickle
import random
import resource
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import originals
import pytest
import tiny
import tiny_clip
import torch
from mutations import MUTATIONS, Fuzz, mutated
from safetensors.torch import save_file
from test_nets_gpt import NOTHING, network

from reverie.checkpoints.pickles import Made, Name, read_pickle
from reverie.checkpoints.read import read
from reverie.errors import BadRequest
from reverie.perceptors import clip_files
from reverie.weights import load_biggan, load_gpt, load_progan, load_vqgan


def described(data: bytes) -> Any:
    return read_pickle(io.BytesIO(data))


def archive(path: Path, pickled: bytes, members: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> Path:
    """What torch.save writes, with any pickle and any members."""
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("archive/data.pkl", pickled)
        for name, data in (members or {"archive/data/0": b"\0" * 16}).items():
            file.writestr(name, data)
    return path


def tensor(size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, count: int = 4, key: str = "0") -> bytes:
    """A pickle of ``{"w": tensor}`` with whatever claims; the storage ``0`` holds four numbers."""

    class Storage:
        pass

    class Tensor:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Storage(), offset, size, stride, False, None)

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return ("storage", torch.FloatStorage, key, "cpu", count) if isinstance(obj, Storage) else None

    out = io.BytesIO()
    Pickler(out, 2).dump({"w": Tensor()})
    return out.getvalue()


def reduced(call: Callable[..., Any], *args: Any) -> bytes:
    class Call:
        def __reduce__(self) -> Any:
            return call, args

    return pickle.dumps({"w": Call()}, 2)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """A file that only a thing that was executed could have made; and nothing else may have been made either."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists()
    assert {file.name for file in tmp_path.iterdir()} <= {"evil.pt", "evil.safetensors"}


def test_a_pickle_is_described() -> None:
    value = {"a": [1, 2.5, None, True, "x", b"y"], ("t",): (1,), "s": {3}, 7: frozenset((4,)), "n": -(2**70), "e": bytearray(b"z")}
    for protocol in range(6):
        found = described(pickle.dumps(value, protocol))
        assert found["a"][:5] == [1, 2.5, None, True, "x"] and found["n"] == -(2**70)
    assert found["s"] == [3] and found["e"] == b"z"


@pytest.mark.parametrize("protocol", range(6))
def test_classes_stay_names_and_calls_are_not_made(protocol: int) -> None:
    found = described(pickle.dumps([tiny.CPU, os.system, originals.FIRST_STAGE], protocol))
    assert isinstance(found[0], Made) and (found[0].of, found[0].args) == ("torch.device", ("cpu",))
    assert isinstance(found[1], Name) and found[1].text.endswith(".system")
    assert isinstance(found[2], Made) and found[2].state["n_embed"] == 32


CALLS: dict[str, Callable[[Path], tuple[Any, ...]]] = {
    "system": lambda canary: (os.system, f"touch {canary}"),
    "eval": lambda canary: (eval, f"open({str(canary)!r}, 'w')"),
    "exec": lambda canary: (exec, f"open({str(canary)!r}, 'w')"),
    "open": lambda canary: (open, str(canary), "w"),
    "touch": lambda canary: (Path.touch, canary),
    "import": lambda canary: (__import__, "antigravity"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_a_call_is_not_made(canary: Path, name: str, form: str) -> None:
    evil = reduced(*CALLS[name](canary))
    path = canary.with_name("evil.pt")
    if form == "zip":
        archive(path, evil)
    else:
        marks = (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True})
        path.write_bytes(b"".join(pickle.dumps(mark, 2) for mark in marks) + evil + pickle.dumps([], 2))
    before = set(sys.modules)
    with pytest.raises(BadRequest, match="holds no tensors"):
        read(path)
    assert "antigravity" not in set(sys.modules) - before


# A tensor made by another hand than torch's; a call inside a call; a state, an item and a new object of what is a class.
NESTED = (
    b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n(cos\nsystem\nX\x04\0\0\0true\x85RK\0K\1\x85K\1\x85\x89NtRs.",
    b"\x80\x02cbuiltins\neval\n(cbuiltins\neval\nX\x04\0\0\0'1+1'\x85RtR.",
    b"\x80\x02cos\nsystem\n}X\x05\0\0\0statecos\nsystem\nsb.",
    b"\x80\x02ccollections\nOrderedDict\n)\x81}X\x0c\0\0\0__setstate__cos\nsystem\nsbK\1b.",
    b"(S'touch x'\nios\nsystem\n.",
    b"(cos\nsystem\nS'touch x'\no.",
    b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x07touch x\x85}\x92.",
)


@pytest.mark.parametrize("evil", NESTED)
def test_nested_calls_are_refused(canary: Path, evil: bytes) -> None:
    path = archive(canary.with_name("evil.pt"), evil)
    with pytest.raises(BadRequest) as caught:
        read(path)
    assert "\n" not in str(caught.value)


DEEP = 20_000
TRICKS = {
    "lists in lists": b"\x80\x02" + b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "tuples in tuples": b"\x80\x02)" + b"\x85" * DEEP + b".",
    "a deep key": b"\x80\x02})" + b"\x85" * 100_000 + b"K\1s.",
    "calls in calls": b"\x80\x02}K\1cos\nsystem\n" + b"q\0)R" + b"h\0\x85R" * 10 + b"s.",
    "itself": b"\x80\x02]q\0h\0a.",
    "doubled sixty times": b"\x80\x02}K\1]" + b"".join(b"q%c]h%ch%ce" % (i, i, i) for i in range(60)).replace(b"]h", b"](h") + b"s.",
    "a memo that is not there": b"\x80\x02h\x07.",
    "an empty stack": b"\x80\x020.",
    "no mark": b"\x80\x02t.",
    "marks only": b"\x80\x02" + b"(" * DEEP + b".",
    "a million dicts": b"\x80\x02(" + b"}" * 1_000_000 + b"l.",
    "a word of four terabytes": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 42) + b"x.",
    "a number of two gigabytes": b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1) + b"x.",
    "a number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "a buffer": b"\x80\x05\x97.",
    "no end": b"\x80\x02}",
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_are_refused(canary: Path, name: str) -> None:
    path = archive(canary.with_name("evil.pt"), TRICKS[name])
    with pytest.raises(BadRequest) as caught:
        read(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


CLAIMS = {
    "more than the storage": tensor((5,), (1,), count=5),
    "terabytes in its storage": tensor((1 << 40,), (1,), count=1 << 40),
    "terabytes by a stride of nothing": tensor((1 << 20, 1 << 20), (0, 0)),
    "beyond the end": tensor((2,), (1,), offset=3),
    "by a long stride": tensor((2,), (9,)),
    "before the start": tensor((2,), (1,), offset=-1),
    "a negative stride": tensor((2,), (-1,), offset=3),
    "a negative size": tensor((-2,), (1,)),
    "more numbers than there are": tensor((1 << 62, 1 << 62), (1, 1)),
    "sizes without strides": tensor((2, 2), (1,)),
    "a storage that is not there": tensor((4,), (1,), key="1"),
    "a storage elsewhere": tensor((4,), (1,), key="../../../../etc/passwd"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_tensor_that_claims_what_it_has_not(canary: Path, name: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadRequest, match=r"evil\.pt (describes a tensor|does not hold the storage)"):
        read(archive(canary.with_name("evil.pt"), CLAIMS[name]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < peak + 100_000  # kB


def test_an_honest_tensor_passes(canary: Path) -> None:
    found = read(archive(canary.with_name("evil.pt"), tensor((2, 2), (1, 2)), {"archive/data/0": struct.pack("<4f", 1, 2, 3, 4)}))
    assert found.tensors["w"].tolist() == [[1, 3], [2, 4]]


def test_tensors_that_share_their_bytes_are_not_multiplied(canary: Path) -> None:
    """Ten thousand names of one storage would make a file of a few bytes one of as many gigabytes as it likes."""
    body = tensor((4096,), (1,), count=4096)[2:-2].partition(b"}q\0")[2]  # the name and the tensor, of {"w": tensor}
    value, whole = body.partition(b"c")[2], [b"\x80\x02}q\0("]
    whole += [b"X\4\0\0\0%04dc" % i + value for i in range(500)]
    with pytest.raises(BadRequest, match="describes tensors of 8192000 bytes in a file of"):
        read(archive(canary.with_name("evil.pt"), b"".join(whole) + b"u.", {"archive/data/0": bytes(16384)}))


def test_a_zip_bomb_is_not_unpacked(canary: Path) -> None:
    path = canary.with_name("evil.pt")
    for members in ({"archive/data/0": bytes(50_000_000)}, {"archive/data/1": bytes(99)}):
        with pytest.raises(BadRequest, match="holds a compressed member"):
            read(archive(path, tensor((4,), (1,)), members, zipfile.ZIP_DEFLATED))
    with pytest.raises(BadRequest, match="has an index of 70000000 bytes"):
        read(archive(path, b"\x80\x02" + bytes(69_999_998)))


def test_names_lead_nowhere(canary: Path) -> None:
    """Members are looked up by name and never written, wherever their names would lead."""
    path = canary.with_name("evil.pt")
    members = {"archive/data/0": bytes(16), "../canary": b"x", str(canary): b"x", "archive/data/../../canary": b"x"}
    assert list(read(archive(path, tensor((4,), (1,)), members)).tensors) == ["w"]
    with zipfile.ZipFile(path, "w") as file:
        for name in ("a/data.pkl", "b/data.pkl"):
            file.writestr(name, tensor((4,), (1,)))
    with pytest.raises(BadRequest, match=r"none of PyTorch's"):
        read(path)


TENSORS = {"a.weight": torch.arange(12.0).view(3, 4), "a.bias": torch.ones(3).half(), "n": torch.tensor(5)}

SHALLOW = replace(originals.FIRST_STAGE, ch_mult=(1,), attn_resolutions=(), mid_attention=False)
# One for each reader, and one for each converter.
FILES: dict[str, Callable[[Path], Path]] = {
    "zip": lambda folder: originals.lightning(TENSORS, folder / "x"),
    "legacy": lambda folder: originals.lightning(TENSORS, folder / "x", new=False),
    "torchscript": lambda folder: script(folder / "x"),
    "safetensors": lambda folder: safetensors(folder / "x.safetensors"),
    "vqgan": lambda folder: originals.lightning(originals.taming_tensors(tiny.vqgan(SHALLOW)), folder / "x"),
    "biggan": lambda folder: originals.pretrained_biggan(folder / "x") / "pytorch_model.bin",
    "progan": lambda folder: originals.gan_zoo(folder / "x"),
    "gpt": lambda folder: originals.net2net(folder, network(), NOTHING),
    "clip": lambda folder: tiny_clip.write_archive(folder / "x", tiny_clip.network().state_dict()),
}
LOADERS: dict[str, Callable[[str], Any]] = {
    "vqgan": load_vqgan, "progan": load_progan, "biggan": load_biggan, "gpt": load_gpt, "clip": clip_files.load,
}  # fmt: skip
BESIDE = {"biggan": ("config.json", "config.json"), "gpt": ("whole.yaml", "evil.yaml")}


def safetensors(path: Path) -> Path:
    save_file(TENSORS, path)
    return path


def script(path: Path) -> Path:
    """OpenAI's CLIP in small: objects of classes in ``__torch__``, code beside them that nobody reads."""
    with originals.foreign("__torch__.Visual", "__torch__.CLIP") as (visual, clip):
        whole, inner = clip(), visual()
        inner.__dict__.update(proj=torch.ones(4, 2), class_embedding=torch.arange(4.0))
        whole.__dict__.update(visual=inner, logit_scale=torch.tensor(4.6), training=True)
        originals.save(whole, path.with_name("plain"))
    with zipfile.ZipFile(path.with_name("plain")) as plain, zipfile.ZipFile(path, "w") as file:
        for name in plain.namelist():
            file.writestr("clip/" + name.partition("/")[2], plain.read(name))
        file.writestr("clip/constants.pkl", b"\x80\x02).")
        file.writestr("clip/code/__torch__.py", "import os; os.system('touch canary')")
    return path


def test_torchscript_of_a_class_that_nobody_has(tmp_path: Path) -> None:
    found = read(script(tmp_path / "ViT-B-32.pt"))
    assert found.form == "torchscript" and found.config["training"] is True
    assert set(found.tensors) == {"visual.proj", "visual.class_embedding", "logit_scale"}
    assert found.tensors["visual.class_embedding"].tolist() == [0, 1, 2, 3]


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    return FILES[request.param](tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize("made", FILES, indirect=True)
def test_a_file_that_is_cut_short_says_so(canary: Path, made: Path) -> None:
    data, path = made.read_bytes(), canary.with_name("evil.pt")
    for tenth in range(10):
        path.write_bytes(data[: len(data) * tenth // 10])
        with pytest.raises(BadRequest, match="is empty" if tenth == 0 else "cut short|damaged|not a readable safetensors"):
            read(path)


@pytest.mark.parametrize(("made", "name"), [(name, name) for name in FILES], indirect=["made"])
def test_mutated_files_are_read_or_refused(
    tmp_path: Path, own_home: Path, made: Path, name: str, monkeypatch: pytest.MonkeyPatch, refusals: Fuzz
) -> None:
    """Whatever is changed, a reader either reads it or says in a line why not, executes nothing and writes to the cache alone."""
    monkeypatch.chdir(tmp_path)
    path, data, chance = tmp_path / f"evil{made.suffix}", made.read_bytes(), random.Random(7)
    if name in BESIDE:
        (tmp_path / BESIDE[name][1]).write_bytes(made.with_name(BESIDE[name][0]).read_bytes())
    beside = {file.name for file in tmp_path.iterdir()} | {path.name}
    load = LOADERS.get(name, read)
    path.write_bytes(data)
    load(str(path))  # what is whole is read
    refused = refusals(lambda: load(str(path)), path, lambda: mutated(data, chance), MUTATIONS)
    assert {file.name for file in tmp_path.iterdir()} == beside
    assert {file.parent.name for file in own_home.rglob("*.*")} <= {"converted"}
    assert MUTATIONS // 10 < refused < MUTATIONS
