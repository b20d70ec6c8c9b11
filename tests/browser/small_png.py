"""A screen's picture in 256 colours: a third of the bytes of what a browser saves."""

import base64
import struct
import zlib
from collections import Counter

from playwright.sync_api import Page

DECODE = """
async png => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const { width, height } = picture;
  const brush = new OffscreenCanvas(width, height).getContext('2d');
  brush.drawImage(picture, 0, 0);
  const { data } = brush.getImageData(0, 0, width, height);
  const part = 8192;
  let bytes = '';
  for (let at = 0; at < data.length; at += part)
    bytes += String.fromCharCode(...data.subarray(at, at + part));
  return [width, height, btoa(bytes)];
}
"""


def small_png(page: Page, png: bytes) -> bytes:
    """The same picture with a palette; a colour too rare to be in it becomes its nearest.

    :param page: an empty page, whose browser decodes the picture
    """
    width, height, encoded = page.evaluate(DECODE, base64.b64encode(png).decode())
    rgba = base64.b64decode(encoded)
    pixels = [rgba[at : at + 3] for at in range(0, len(rgba), 4)]
    counted = [colour for colour, _ in Counter(pixels).most_common()]
    palette = counted[:256]
    index = {colour: palette.index(_nearest(colour, palette)) for colour in counted}
    rows = (bytes(index[each] for each in pixels[at : at + width]) for at in _starts(width, height))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(palette)),
            _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _starts(width: int, height: int) -> range:
    return range(0, width * height, width)


def _nearest(colour: bytes, palette: list[bytes]) -> bytes:
    def distance(other: bytes) -> int:
        return sum((one - two) ** 2 for one, two in zip(colour, other, strict=True))

    return min(palette, key=distance)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
