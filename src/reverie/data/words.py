"""The words that scene captions are made of: colours, grounds, styles and sentence shapes."""

from __future__ import annotations

# Everyday colour words and a typical sRGB value of each (0..1).
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.86, 0.13, 0.15),
    "orange": (0.96, 0.55, 0.12),
    "yellow": (0.98, 0.86, 0.20),
    "green": (0.20, 0.62, 0.25),
    "blue": (0.16, 0.40, 0.86),
    "light blue": (0.55, 0.80, 0.96),
    "purple": (0.53, 0.25, 0.70),
    "pink": (0.97, 0.56, 0.72),
    "brown": (0.48, 0.31, 0.18),
    "black": (0.07, 0.07, 0.08),
    "white": (0.96, 0.96, 0.96),
    "grey": (0.55, 0.56, 0.58),
    "turquoise": (0.20, 0.76, 0.74),
    "golden": (0.85, 0.65, 0.20),
}
COLOUR_SYNONYMS = {
    "red": ("crimson", "scarlet"),
    "grey": ("gray", "silver"),
    "purple": ("violet",),
    "turquoise": ("teal", "cyan"),
    "blue": ("azure",),
    "golden": ("gold",),
    "green": ("emerald",),
    "black": ("dark",),
}

# Ground kind -> ways to say it after the subject.
GROUNDS: dict[str, tuple[str, ...]] = {
    "gradient": ("on a gradient", "on a smooth background"),
    "clouds": ("on a cloudy background", "in the fog"),
    "stripes": ("on stripes", "on a striped background"),
    "checks": ("on a checked background", "on a chessboard"),
    "sky": ("in the sky", "under a blue sky"),
    "grass": ("on grass", "in a meadow", "in a green field"),
    "water": ("on the water", "in the sea", "on a lake"),
    "sand": ("in the desert", "on a beach", "on sand"),
    "snow": ("in the snow", "in winter"),
    "night": ("at night", "under the stars", "in the night sky"),
    "sunset": ("at sunset", "in the evening"),
    "forest": ("in a forest", "among trees"),
    "table": ("on a table", "on a wooden table"),
    "room": ("in a room", "on the floor"),
}

# Style -> words for it; the first is the one used most.
STYLES: dict[str, tuple[str, ...]] = {
    "black and white": ("black and white", "monochrome"),
    "vintage photo": ("vintage photo", "sepia"),
    "pixel art": ("pixel art", "8-bit"),
    "pencil sketch": ("pencil sketch", "drawing in pencil"),
    "blueprint": ("blueprint", "technical drawing"),
    "neon": ("neon", "neon lights"),
    "poster": ("poster", "screen print"),
    "oil painting": ("oil painting", "painted in oil"),
    "watercolour": ("watercolour", "watercolor"),
    "mosaic": ("mosaic", "tiles"),
    "halftone": ("comic halftone", "comic"),
}

LEADS = ("", "", "", "a picture of ", "a painting of ", "an image of ", "a drawing of ", "an illustration of ")
STYLE_JOINS = ("{scene}; {style}", "{scene}, {style}", "{scene} | {style}", "{style} of {scene}", "{scene} in the style of {style}")
