"""Values of DICOM elements read from their bytes, so that a malformed one is None and never an exception."""

from __future__ import annotations

import datetime as dt
import math
import struct
from functools import lru_cache

import pydicom

SECONDS_PER_DAY = 86400.0


def as_text(raw: object) -> str:
    """Return the text of a raw or converted element value; bytes that are not UTF-8 are read as Latin-1."""
    if raw is None:
        return ""
    if isinstance(raw, bytes):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    elif isinstance(raw, (list, tuple, pydicom.multival.MultiValue)):
        text = "\\".join(str(v) for v in raw)
    else:
        text = str(raw)
    return text.replace("\x00", "").strip()


def text(data: pydicom.Dataset, tag: int) -> str:
    """Return the text of element `tag`, or an empty string."""
    try:
        element = data.get_item(tag)
        return "" if element is None else as_text(element.value)
    except Exception:  # a malformed element in someone's file is "absent" to us
        return ""


def words(data: pydicom.Dataset, tag: int) -> tuple[str, ...]:
    """Return the backslash-separated values of element `tag`, stripped, empty ones left out."""
    return tuple(w.strip() for w in text(data, tag).split("\\") if w.strip())


def numbers(data: pydicom.Dataset, tag: int, count: int | None = None) -> tuple[float, ...] | None:
    """Return the decimal strings of element `tag` as finite floats.

    Parameters
    ----------
    data : Dataset
    tag : int
    count : int, optional
        How many values there must be.

    Returns
    -------
    tuple of float or None
        None if absent, not numbers, not finite or not `count` of them.
    """
    found = tuple(number_of(w) for w in text(data, tag).split("\\"))
    if not found or any(v is None for v in found) or (count is not None and len(found) != count):
        return None
    return tuple(v for v in found if v is not None)


def number(data: pydicom.Dataset, tag: int) -> float | None:
    """Return the first decimal string of element `tag` as a float, or None."""
    first = text(data, tag).split("\\")[0]
    return number_of(first)


def real(data: pydicom.Dataset, tag: int) -> float | None:
    """Return the first value of element `tag` as a finite float, from a text or a binary value, or None.

    Bytes whose VR the file does not tell are text where they read as a number, else an IEEE float of their
    length.
    """
    parsed = number(data, tag)
    if parsed is not None:
        return parsed
    try:
        element = data.get_item(tag)
        value = None if element is None else element.value
        if not isinstance(value, bytes):
            return None
        if element.VR in ("US", "SS", "UL", "SL"):
            found = integer(data, tag)
            return None if found is None else float(found)
        order = "<" if getattr(element, "is_little_endian", True) else ">"
        code = {4: "f", 8: "d"}.get(len(value))
        binary = struct.unpack(order + code, value)[0] if code else math.nan
        return binary if math.isfinite(binary) else None
    except Exception:
        return None


def first_item(data: pydicom.Dataset, tag: int) -> pydicom.Dataset | None:
    """Return the first item of sequence `tag`, or None where there is none or it cannot be read."""
    try:
        items = data[tag].value if tag in data else None
        return items[0] if items and isinstance(items[0], pydicom.Dataset) else None
    except Exception:
        return None


def integer(data: pydicom.Dataset, tag: int) -> int | None:
    """Return element `tag` as an integer, from a binary (US, UL) or a text (IS) value, or None."""
    try:
        element = data.get_item(tag)
        value = None if element is None else element.value
        if isinstance(value, bytes) and element.VR in ("US", "SS", "UL", "SL", "UN", None):
            little = getattr(element, "is_little_endian", True)
            return _binary(value, "<" if little else ">")
        if isinstance(value, int):
            return int(value)
    except Exception:
        return None
    parsed = number(data, tag)
    return int(parsed) if parsed is not None and parsed == int(parsed) else None


def _binary(value: bytes, order: str) -> int | None:
    code = {2: "H", 4: "I"}.get(len(value))
    return struct.unpack(order + code, value)[0] if code else None


def number_of(word: str) -> float | None:
    """Return a decimal string as a finite float, or None."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def time_of_day(word: str) -> float | None:
    """Return a DICOM TM value (``HHMMSS.ffffff``, shorter or with colons) in seconds since midnight."""
    digits = word.replace(":", "").strip()
    whole, _, fraction = digits.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) not in (2, 4, 6):
        return None
    if fraction and not (fraction.isascii() and fraction.isdigit()):
        return None
    hours, minutes, seconds = (int(whole[i : i + 2] or 0) for i in (0, 2, 4))
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return hours * 3600.0 + minutes * 60.0 + seconds + (float(f"0.{fraction}") if fraction else 0.0)


@lru_cache(maxsize=256)
def day_number(word: str) -> int | None:
    """Return a DICOM DA value (``YYYYMMDD``, dots allowed) as a running day number, or None."""
    digits = word.replace(".", "").strip()
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").toordinal()
    except ValueError:
        return None


def unsigned_shorts(data: pydicom.Dataset, tag: int) -> tuple[int, ...] | None:
    """Return element `tag` as 16-bit unsigned integers, or None."""
    try:
        element = data.get_item(tag)
        value = None if element is None else element.value
        if isinstance(value, bytes):
            order = "<" if getattr(element, "is_little_endian", True) else ">"
            return struct.unpack(f"{order}{len(value) // 2}H", value) if len(value) % 2 == 0 else None
        return None if value is None else tuple(int(v) for v in value)
    except Exception:
        return None
