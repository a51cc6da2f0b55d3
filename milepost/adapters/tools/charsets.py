"""The character sets that tools decode: those of people's files and of the web.

Python knows more. Some of those take quadratic time, some give half characters (lone surrogates),
and some are no text at all.
"""

from __future__ import annotations

from encodings import normalize_encoding
from encodings.aliases import aliases

_UNICODE = {"utf_8", "utf_8_sig"} | {
    f"utf_{bits}{order}" for bits in (16, 32) for order in ("", "_le", "_be")
}
_ISO_8859 = {"ascii", "latin_1"} | {f"iso8859_{part}" for part in range(2, 17) if part != 12}  # noqa: PLR2004 - there is no part 12
_WINDOWS_AND_DOS = {f"cp{page}" for page in (*range(1250, 1259), 437, 850, 852, 858, 866, 874)}
_CYRILLIC_THAI_AND_MAC = {"koi8_r", "koi8_u", "tis_620", "mac_roman"}
_CHINESE = {"gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp950"}
_JAPANESE_AND_KOREAN = {
    *("shift_jis", "cp932", "euc_jp", "iso2022_jp"),
    *("euc_kr", "cp949", "johab"),
}
_DECODED = frozenset(
    _UNICODE
    | _ISO_8859
    | _WINDOWS_AND_DOS
    | _CYRILLIC_THAI_AND_MAC
    | _CHINESE
    | _JAPANESE_AND_KOREAN
)


def codec_of(charset: str) -> str | None:
    """Return the codec of a character set, by any of its names; None if it is not decoded here."""
    name = normalize_encoding(charset).lower()
    codec = aliases.get(name, name)
    return codec if codec in _DECODED else None
