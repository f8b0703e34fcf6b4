"""Pictures from files: opened with care, turned upright, as RGB; and from there to tensors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.errors import BadRequest
from reverie.transfer import exact_place

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

LARGEST_PIXELS = 64_000_000
WEB = ("http://", "https://")
LARGEST_DOWNLOAD = 50_000_000  # bytes
# Formats that Pillow decodes by itself: it hands others, PostScript for one, to programs of the system.
READABLE = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")


@contextmanager
def open_picture(path: str | Path, formats: Sequence[str] = READABLE) -> Iterator[Image]:
    """The picture in a file or at a web address as Pillow opens it, not decoded yet; raises ``BadRequest`` if it is missing,
    corrupt, too large or no picture.

    What goes wrong inside the ``with`` block is reported as the file's fault too: decoders raise anything on a corrupt file.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, and of sizes that are refused here
            source = _fetched(str(path)) if str(path).startswith(WEB) else path
            with Image.open(source, formats=list(formats)) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    raise Image.DecompressionBombError
                yield image
    except BadRequest:
        raise
    except FileNotFoundError:
        raise BadRequest(f"There is no picture {str(path)!r}.") from None
    except UnidentifiedImageError:
        raise BadRequest(f"{str(path)!r} is not a picture that can be read here: {', '.join(formats)}.") from None
    except Image.DecompressionBombError:
        raise BadRequest(f"The picture {str(path)!r} is too large: at most {LARGEST_PIXELS:,} pixels.") from None
    except Exception as error:
        raise BadRequest(f"The picture {str(path)!r} cannot be read: {error}.") from error


def _fetched(address: str) -> BytesIO:
    """The bytes at a web address; raises ``BadRequest`` when it does not answer, or with too many."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(address, headers={"User-Agent": "reverie"}), timeout=20) as answer:
            data: bytes = answer.read(LARGEST_DOWNLOAD + 1)
    except (OSError, ValueError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise BadRequest(f"The picture at {address!r} cannot be fetched: {error}.") from None
    if len(data) > LARGEST_DOWNLOAD:
        raise BadRequest(f"The picture at {address!r} is larger than {LARGEST_DOWNLOAD:,} bytes.")
    return BytesIO(data)


def load_picture(path: str | Path) -> Image:
    """The picture in a file or at a web address as RGB: upright, first frame, white where transparent; raises ``BadRequest``."""
    from PIL import ImageOps

    with open_picture(path) as opened:
        return opaque(_eight_bits(ImageOps.exif_transpose(opened)))


def opaque(image: Image) -> Image:
    """The picture as RGB, on white where it is transparent."""
    from PIL import Image

    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def opacity_of(path: str | Path) -> Image | None:
    """The opacity of a picture that is transparent anywhere, as RGB and upright; none where it is opaque."""
    from PIL import ImageOps

    with open_picture(path) as opened:
        image = ImageOps.exif_transpose(opened)
        return image.convert("RGBA").getchannel("A").convert("RGB") if image.has_transparency_data else None


def to_tensor(image: Image, height: int, width: int, fit: str = "crop") -> Tensor:
    """[1,3,height,width], float32 in 0..1, scaled to that size.

    ``fit``: ``crop`` covers it, and what overhangs is cut off evenly; ``pad`` shows the whole picture in the middle,
    and its edges run on to the sides; ``stretch`` lets go of its proportions.
    """
    import torch
    from PIL import Image, ImageOps

    whole, size, method = image.convert("RGB"), (width, height), Image.Resampling.LANCZOS
    if fit == "crop":
        fitted = ImageOps.fit(whole, size, method=method)
    elif fit == "stretch":
        fitted = whole.resize(size, method)
    else:
        return _padded(whole.resize(_contained(whole, height, width), method), height, width)
    pixels = torch.frombuffer(bytearray(fitted.tobytes()), dtype=torch.uint8).view(height, width, 3)
    return pixels.permute(2, 0, 1).unsqueeze(0).float() / 255


def resized(values: Tensor, size: Sequence[int], slopes: bool = False) -> Tensor:
    """[B,C,h,w] -> [B,C,*size], between neighbours; ``slopes`` are shared out among as many more values, so that their sum stays."""
    from torch.nn.functional import interpolate

    if tuple(size) == tuple(values.shape[-2:]):
        return values
    share = values.shape[-2] * values.shape[-1] / (size[0] * size[1]) if slopes else 1.0
    return share * interpolate(values, size=tuple(size), mode="bilinear", align_corners=False)


def covering(images: Tensor, height: int, width: int) -> Tensor:
    """Pictures [B,3,h,w] enlarged or reduced until they cover height x width; what overhangs is cut off evenly. Differentiable."""
    from torch.nn.functional import interpolate

    high, wide = images.shape[-2:]
    scale = max(height / high, width / wide)
    size = (max(height, round(high * scale)), max(width, round(wide * scale)))
    if size != (high, wide):
        own = images.float().to(exact_place(images.device))
        images = interpolate(own, size=size, mode="bicubic", align_corners=False, antialias=scale < 1).to(images.device)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return images[..., top : top + height, left : left + width]


def mask_of(path: str | Path, height: int, width: int, fit: str = "crop") -> Tensor:
    """[1,1,height,width] in 0..1, scaled as ``to_tensor`` does: 1 where a picture is white, or opaque if it is transparent anywhere."""
    return to_tensor(opacity_of(path) or load_picture(path).convert("L"), height, width, fit)[:, :1]


def padding_of(image: Image, height: int, width: int) -> Tensor:
    """[1,1,height,width]: 1 where ``to_tensor(..., fit="pad")`` shows nothing of the picture."""
    import torch

    wide, high = _contained(image, height, width)
    top, left = (height - high) // 2, (width - wide) // 2
    added = torch.ones(1, 1, height, width)
    added[..., top : top + high, left : left + wide] = 0
    return added


def softened(mask: Tensor, edge: int) -> Tensor:
    """A mask [B,1,H,W] that grows from 0 to 1 over ``edge`` pixels inside; 0 stays 0, and the frame is no edge."""
    from torch.nn.functional import avg_pool2d, max_pool2d

    radius = min(edge // 2, (min(mask.shape[-2:]) - 1) // 2)
    if radius == 0:
        return mask
    inner = 1 - max_pool2d(1 - mask, 2 * radius + 1, 1, radius)
    return avg_pool2d(inner, 2 * radius + 1, 1, radius, count_include_pad=False)


def palette_of(colours: Sequence[str], count: int = 8) -> Tensor:
    """[N,3] in 0..1: colours by CSS name or ``#rrggbb``, or the ``count`` that stand for a picture file best.

    Raises ``BadRequest`` for what is neither.
    """
    import torch
    from PIL import Image, ImageColor

    if len(colours) == 1 and Path(colours[0]).suffix:
        picture = load_picture(colours[0])
        picture.thumbnail((256, 256))
        reduced = picture.quantize(count, method=Image.Quantize.MEDIANCUT, kmeans=2).convert("RGB")
        return torch.frombuffer(bytearray(reduced.tobytes()), dtype=torch.uint8).view(-1, 3).unique(dim=0).float() / 255
    try:
        return torch.tensor([ImageColor.getrgb(colour)[:3] for colour in colours]).float() / 255
    except ValueError as error:
        raise BadRequest(f"{error}: a colour is a name such as gold, or #rrggbb; a palette may also be a picture file.") from None


def _contained(image: Image, height: int, width: int) -> tuple[int, int]:
    """Width and height of the whole picture in this frame; a pixel at least, where Pillow's ``contain`` gives up."""
    if image.width * height > width * image.height:
        return width, max(1, round(image.height / image.width * width))
    return max(1, round(image.width / image.height * height)), height


def _padded(image: Image, height: int, width: int) -> Tensor:
    from torch.nn.functional import pad

    left, top = (width - image.width) // 2, (height - image.height) // 2
    sides = (left, width - image.width - left, top, height - image.height - top)
    return pad(to_tensor(image, image.height, image.width), sides, mode="replicate")


def _eight_bits(image: Image) -> Image:
    """Deep grey pictures (16 bits, or floats up to 1) scaled to 0..255, where Pillow would clip them."""
    if not image.mode.startswith(("I", "F")):
        return image
    brightest = 1 if image.mode == "F" else 65535
    image = image.convert("I").convert("F") if brightest > 1 else image
    return image.point(lambda value: value * (255 / brightest) + 0.5).convert("L")
