"""The manifest: every address, hash and size says where it was read, and what the models are called leads to one folder each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from pydantic import ValidationError

from reverie.library import folder_of
from reverie.manifest import Manifest, known, manifest
from reverie.registry import BUILT_IN

RAW = json.loads((files("reverie") / "manifest.json").read_text(encoding="utf-8"))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def test_everything_that_was_looked_up_says_where_it_was_read() -> None:
    told = [one for one in objects(RAW["models"]) if "cited" in one]
    assert {one["cited"] for one in told} == set(RAW["sources"]), "each source is used, and each citation is a source"
    for model in RAW["models"]:
        facts = [
            model["licence"],
            model["page"],
            *(one for file in model["files"] for one in (file["sha256"], file["bytes"], *file["urls"])),
        ]
        assert all(fact is None or fact["cited"] for fact in facts)
        assert not re.search(r"[0-9a-f]{32}|https?://", f"{model['name']} {model['good_for']} {model['note']}"), (
            "facts stand in their fields"
        )


def test_a_source_is_a_file_at_a_commit() -> None:
    for source in manifest().sources.values():
        assert re.match(r"[\w./-]+ [\w./-]+ .*?\(.*[0-9a-f]{40}\)|shared/reference/", source), source


def test_addresses_are_addresses() -> None:
    for model in known().values():
        for file in model.files:
            addresses = [mirror.url for mirror in file.urls]
            assert addresses and len(set(addresses)) == len(addresses)
            assert all(re.fullmatch(r"https?://[a-z0-9.-]+/\S+", address) for address in addresses)


def test_a_hash_that_an_address_holds_is_the_files() -> None:
    openai = [file for model in known().values() if model.kind == "openai-clip" for file in model.files if file.name == model.main]
    assert len(openai) == 9 and all(file.sha256 and f"/{file.sha256.value}/" in file.urls[0].url for file in openai)
    for model in known().values():
        for file in model.files:
            if file.sha256 and len(file.sha256.value) == 8:
                assert f"-{file.sha256.value}." in file.name


def test_names_lead_to_one_folder_each_and_take_nobodys_place() -> None:
    assert len({str(folder_of(name)).lower() for name in known()}) == len(known()) == len(RAW["models"])
    assert not {*known()} & {name for names in BUILT_IN.values() for name in names}
    for model in known().values():
        names = [file.name for file in model.files]
        assert len(set(names)) == len(names) and (model.main is None or model.main in names)


def test_the_family_of_2021_is_there() -> None:
    kinds = {model.kind: model.component for model in known().values()}
    assert kinds == {
        "vqgan": "generator", "biggan": "generator", "progan": "generator",
        "openai-clip": "perceptor", "openclip": "perceptor", "hf-clip": "perceptor", "siglip": "perceptor",
    }  # fmt: skip
    assert {"imagenet_f16_16384", "wikiart_16384", "gumbel_f8_8192", "biggan-deep-512", "progan-celebahq-256", "ViT-B/32"} <= {*known()}


def test_the_models_of_the_notebooks_form_and_of_download_models() -> None:
    """imagenet 1024 and 16384, openimages (which is the gumbel one), wikiart 1024 and 16384, coco, faceshq, sflckr; and later ones."""
    wanted = {"imagenet_f16_1024", "imagenet_f16_16384", "gumbel_f8_8192", "wikiart_1024", "wikiart_16384", "coco", "faceshq", "sflckr"}
    wanted |= {"ade20k", "ffhq", "celebahq"}
    assert {known()[name].kind for name in wanted} == {"vqgan"}
    assert all({file.name.rpartition(".")[2] for file in known()[name].files} == {"yaml", "ckpt"} for name in wanted)


@pytest.mark.parametrize(
    ("where", "wrong"), [("name", "../x"), ("name", ".hidden"), ("name", "a/b"), ("sha256", {"value": "XYZ", "cited": "x"})]
)
def test_what_would_lead_elsewhere_is_refused(where: str, wrong: Any) -> None:
    altered = json.loads(json.dumps(RAW))
    altered["models"][0]["files"][0][where] = wrong
    with pytest.raises(ValidationError):
        Manifest.model_validate(altered)


def test_sizes_add_up() -> None:
    assert known()["biggan-deep-256"].size == 715 + 234_411_737
    assert known()["ade20k"].size is None
