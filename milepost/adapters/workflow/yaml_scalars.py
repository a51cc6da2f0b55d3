"""What a plain YAML scalar means, by the core schema of YAML 1.2 (section 10.3.2).

`yes`, `no`, `on`, `off` and dates stay text.
"""

from __future__ import annotations

import re

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0(?:o([0-7]+)|x([0-9a-fA-F]+))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_INTEGER = 20
_FIRSTS = frozenset("+-.0123456789")


def meaning(text: str) -> str | float | bool | None:
    """Return the value of a plain scalar.

    Raises `ValueError` saying why for a number that JSON cannot hold.
    """
    if text[:1] not in _FIRSTS:
        return None if text in _NULL else _BOOLEAN.get(text, text)
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    based = _BASED.fullmatch(text)
    if based:
        return _integer(based[1], 8) if based[1] else _integer(based[2], 16)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not JSON")
    return text


def _integer(digits: str, base: int) -> int:
    if len(digits.lstrip("+-0")) > _LONGEST_INTEGER:
        raise ValueError("the number needs more than 64 bits")
    return int(digits, base)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return value
