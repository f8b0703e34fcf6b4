from __future__ import annotations

import pytest

from reverie.layer import Layer, parse_layers


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("blocks.5", Layer(name="blocks.5")),
        ("mini:blocks.5#12:0.5", Layer(name="blocks.5", perceptor="mini", channel=12, weight=0.5)),
        ("blocks.5:-1", Layer(name="blocks.5", weight=-1)),
        ("./ViT-B-32.pt:ln_pre", Layer(name="ln_pre", perceptor="./ViT-B-32.pt")),
    ],
)
def test_sugar_and_back(text: str, layer: Layer) -> None:
    assert parse_layers(text) == (layer,) == parse_layers([text]) and str(layer) == text


def test_several() -> None:
    assert parse_layers("blocks.1 blocks.2#3") == (Layer(name="blocks.1"), Layer(name="blocks.2", channel=3))
    assert parse_layers([Layer(name="a"), "b"]) == (Layer(name="a"), Layer(name="b"))


@pytest.mark.parametrize("text", ["a#b", ":a", "#3", "a#-1"])
def test_what_is_no_layer_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        parse_layers(text)
