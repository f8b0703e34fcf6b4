"""The hundred prompts by which paintings are compared: drawn once from the paintable names, then left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

from reverie.data.captions import article
from reverie.data.words import COLOURS, GROUNDS, STYLES

PLAIN, TINTED, STYLED = 50, 25, 25
# A bar would part a prompt in two.
STYLE_JOINS = ("{scene}; {style}", "{style} of {scene}", "{scene} in the style of {style}")


def draw(names: Sequence[str]) -> list[str]:
    """What ``PROMPTS`` was drawn by: 50 things alone, 25 with a colour or a ground, 25 with a style; no thing twice."""
    dice = random.Random(0)
    things = dice.sample(list(names), PLAIN + TINTED + STYLED)
    plain, tinted, styled = things[:PLAIN], things[PLAIN : PLAIN + TINTED], things[PLAIN + TINTED :]
    drawn = [article(name) for name in plain]
    drawn += [_tinted(name, dice) for name in tinted]
    return drawn + [dice.choice(STYLE_JOINS).format(scene=article(name), style=dice.choice(list(STYLES.values()))[0]) for name in styled]


def _tinted(name: str, dice: random.Random) -> str:
    colour, ground = dice.choice(list(COLOURS)), dice.choice(list(GROUNDS.values()))[0]
    coloured = any(word in COLOURS for word in name.split())
    if dice.random() < 0.4 and not coloured:
        return article(f"{colour} {name}")
    return f"{article(name)} {ground if dice.random() < 0.5 else f'on a {colour} background'}"


PROMPTS = tuple(
    """
a waxing gibbous moon
an american football
a smiling cat face
a green salad
a green book
a telephone
Christmas tree
a beach with umbrella
a microphone
a railway track
a melon
a candle
a deer
a honey pot
a cow face
an alien
a pizza
a spiral notepad
a pig nose
an office building
a kiss mark
a tree
a sunset
a bell
a victory hand
a motorcycle
a billiard ball
a school
a tulip
a bolt
a no entry
an artist palette
a money bag
a popcorn
a mailbox
a fist
a goblin
a snowflake
a clock
a keyboard
a ferris wheel
pancakes
a tent
an envelope
a bee
a banana
peanuts
a water buffalo
a kimono
a clown face
a key on grass
a grey Statue of Liberty
a notebook with decorative cover on grass
a golden electric plug
an eye in a room
a mount fuji on a black background
white clinking glasses
a monkey on a white background
a purple carousel
a blossom on a gradient
a yellow bottle with popping cork
sunglasses on a green background
a chart increasing in the snow
a blue trident
a white department store
a croissant on a gradient
a tropical drink in a forest
a crab on a light blue background
a bug on stripes
a snail on a gradient
a genie on grass
a pink bow and arrow
a studio microphone on a pink background
a sheep in the sky
a white dress
a fox in the style of black and white
vintage photo of an elephant
black and white of a cyclist
a bed in the style of blueprint
a cloud; pencil sketch
neon of a birthday cake
a corn in the style of blueprint
a fallen leaf in the style of neon
a volleyball in the style of comic halftone
a cookie in the style of pixel art
a green apple in the style of blueprint
poster of a chicken leg
a satellite antenna in the style of vintage photo
a church; mosaic
a delivery truck; neon
a sandal; pencil sketch
a desktop computer; comic halftone
poster of a rainbow
a dragon face in the style of comic halftone
a chick in the style of poster
paw prints; poster
a stadium in the style of mosaic
comic halftone of a tram
a card file box in the style of black and white
a fork and knife; oil painting
""".strip().splitlines()
)
