"""Damage to DICOM files, element by element: what broken exports and hostile senders write."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

LONG = (b"OB", b"OD", b"OF", b"OL", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT")
VRS = (
    *LONG,
    b"AE",
    b"AS",
    b"AT",
    b"CS",
    b"DA",
    b"DS",
    b"DT",
    b"FD",
    b"FL",
    b"IS",
    b"LO",
    b"LT",
    b"PN",
    b"SH",
)
VRS = (*VRS, b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US", b"ZZ", b"\0\0")
WORDS = (
    b"",
    b"\\",
    b"1\\2",
    b"nan",
    b"inf\\inf",
    b"-1",
    b"1e400",
    b"0",
    b"99999999999",
    b"\xff" * 8,
    b"A" * 3000,
)
SIZES = {
    (0x0028, 0x0002): (0, 2, 3, 65535),
    (0x0028, 0x0010): (0, 1, 7, 4096, 65535),
    (0x0028, 0x0011): (0, 1, 9, 4096, 65535),
    (0x0028, 0x0100): (0, 1, 7, 12, 32, 64, 65535),
    (0x0028, 0x0101): (0, 1, 17, 65535),
    (0x0028, 0x0103): (0, 1, 2, 65535),
}
FRAMES = (b"0", b"-3", b"50000", b"99999999", b"1000000000000")
SYNTAXES = (
    b"1.2",
    b"1.2.1",
    b"1.2.1.99",
    b"1.2.2",
    b"1.2.5",
    b"1.2.4.50",
    b"1.2.4.70",
    b"1.2.4.80",
    b"1.2.4.90",
    b"9",
)


@dataclass
class Element:
    """One element in explicit VR little endian; `length` may be another than that of the value."""

    tag: tuple[int, int]
    vr: bytes
    value: bytes
    length: int | None = None

    def to_bytes(self) -> bytes:
        n = len(self.value) if self.length is None else self.length
        head = struct.pack("<HH", *self.tag) + self.vr
        wide = self.vr in LONG
        return head + (struct.pack("<HI", 0, n) if wide else struct.pack("<H", n & 0xFFFF)) + self.value


def parse(content: bytes) -> tuple[bytes, list[Element]]:
    """Divide a file in explicit VR little endian into what comes before its data set, and elements."""
    place = 132 + 12 + struct.unpack_from("<I", content, 140)[0]
    head, found = content[:place], []
    while place < len(content):
        tag = struct.unpack_from("<HH", content, place)
        vr = content[place + 4 : place + 6]
        wide = vr in LONG
        n = struct.unpack_from("<I" if wide else "<H", content, place + (8 if wide else 6))[0]
        place += 12 if wide else 8
        n = len(content) - place if n == 0xFFFFFFFF else n
        found.append(Element(tag, vr, content[place : place + n]))
        place += n
    return head, found


def nested(depth: int) -> bytes:
    """The value of a sequence that holds a sequence, and so on; none of them ends."""
    level = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff"
    return level * depth


def damaged(content: bytes, seed: int) -> bytes:
    """Return a file with one to four kinds of damage, the same for the same seed."""
    rng = random.Random(seed)
    head, elements = parse(content)
    for _ in range(rng.randint(1, 4)):
        if elements:
            rng.choice(_DAMAGE)(rng, elements)
    if rng.random() < 0.06:
        head = head.replace(
            b"1.2.840.10008.1.2.1\0", (b"1.2.840.10008." + rng.choice(SYNTAXES)).ljust(20, b"\0")
        )
    out = head + b"".join(e.to_bytes() for e in elements)
    return out[: rng.randrange(len(out))] if rng.random() < 0.08 else out


def _pick(rng: random.Random, elements: list[Element]) -> Element:
    return rng.choice(elements)


def _remove(rng: random.Random, elements: list[Element]) -> None:
    elements.remove(_pick(rng, elements))


def _value(rng: random.Random, elements: list[Element]) -> None:
    one = _pick(rng, elements)
    one.value = rng.choice(WORDS) if rng.random() < 0.6 else rng.randbytes(rng.randrange(40))


def _type(rng: random.Random, elements: list[Element]) -> None:
    _pick(rng, elements).vr = rng.choice(VRS)


def _length(rng: random.Random, elements: list[Element]) -> None:
    _pick(rng, elements).length = rng.choice((0, 1, 2, 7, 65535, 2**31, 2**32 - 2, 2**32 - 1))


def _size(rng: random.Random, elements: list[Element]) -> None:
    for one in elements:
        if one.tag in SIZES and rng.random() < 0.5:
            one.value = struct.pack("<H", rng.choice(SIZES[one.tag]))
    if rng.random() < 0.5:
        elements[:] = [e for e in elements if e.tag != (0x0028, 0x0008)]
        elements.append(Element((0x0028, 0x0008), b"IS", rng.choice(FRAMES)))
        elements.sort(key=lambda e: e.tag)


def _deep(rng: random.Random, elements: list[Element]) -> None:
    one = Element(rng.choice(((0x0008, 0x1140), (0x0008, 0x2112), (0x0040, 0x9096))), b"SQ", b"", 2**32 - 1)
    one.value = nested(rng.choice((3, 200, 5000)))
    elements.insert(rng.randrange(len(elements)), one)


def _pixels(rng: random.Random, elements: list[Element]) -> None:
    last = elements[-1]
    last.value = last.value[: rng.randrange(len(last.value) + 1)]
    last.tag = (0x7FE0, rng.choice((0x0008, 0x0009, 0x0010, 0x0010)))


def _twice(rng: random.Random, elements: list[Element]) -> None:
    elements.insert(rng.randrange(len(elements)), _pick(rng, elements))


def _order(rng: random.Random, elements: list[Element]) -> None:
    rng.shuffle(elements)


def _items(rng: random.Random, elements: list[Element]) -> None:
    """Change bytes inside a sequence: functional groups, segments, references."""
    wide = [e for e in elements if e.vr == b"SQ" and e.value]
    for one in wide[:2]:
        value = bytearray(one.value)
        for _ in range(rng.randint(1, 6)):
            value[rng.randrange(len(value))] = rng.randrange(256)
        one.value = bytes(value)


_DAMAGE = (_remove, _value, _value, _type, _length, _size, _deep, _pixels, _twice, _order, _items, _items)
