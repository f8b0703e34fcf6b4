"""5. Journey: the way from a blank to the picture as a video."""

from __future__ import annotations

from page import ROOT, Page
from PIL import Image

KINDS = ("mp4", "webm", "gif", "webp", "avif")
LIMIT = 2_000_000


def show(page: Page) -> None:
    for kind in KINDS:
        page.run(
            f"reverie 'a volcano at night' --size 129x97 -q --video {kind} --seconds 1 --out {kind}.png",
            says=[f"{kind}.{kind}"],
        )
    page.run("reverie show mp4.mp4 | head -3", says=["a volcano at night"])
    page.say("An encode that is killed leaves the frames, and is made again:")
    page.run(
        "PYTHONPATH=. reverie 'a volcano' --size 64 --video mp4 --seconds 1 --out killed.png --quiet & "
        "until test -e killed.png; do sleep 0.02; done; kill -9 $!; wait 2>/dev/null; ls -d killed.*",
        says=["killed.frames"],
    )
    page.run("reverie encode killed.frames", says=["killed.mp4"])
    page.run("reverie 'a rocket at night' --video webp --seconds 4 --out journey.png --quiet")
    made = page.folder / "journey.webp"
    page.check(f"a journey of 256x256 takes {made.stat().st_size:,} bytes, of at most {LIMIT:,}", made.stat().st_size < LIMIT)
    target = ROOT / "docs" / "gallery" / "journey.webp"
    target.write_bytes(made.read_bytes())
    with Image.open(made) as video:
        page.say(f"![]({'../gallery/journey.webp'}) {getattr(video, 'n_frames', 1)} frames, `docs/gallery/journey.webp`")
    page.tests("tests/test_video.py", "tests/test_observers_journey.py")
