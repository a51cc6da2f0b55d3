"""Which character sets are decoded, and by which names."""

import pytest

from milepost.adapters.tools.charsets import codec_of


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        *(("UTF-8", "Grüße 한 😀"), ("utf8", "é"), ("utf-16le", "é"), ("UTF_32", "😀")),
        *(("us-ascii", "a"), ("ISO-8859-1", "é"), ("latin1", "é"), ("iso8859-15", "€")),
        *(("windows-1252", "€"), ("cp1251", "Ж"), ("koi8-r", "Ж"), ("macintosh", "é")),
        *(("Shift_JIS", "漢"), ("euc-jp", "漢"), ("iso-2022-jp", "漢"), ("ms-kanji", "漢")),
        *(("euc-kr", "한"), ("ks_c_5601-1987", "한"), ("uhc", "한")),
        *(("GB2312", "汉"), ("gbk", "汉"), ("gb18030", "😀"), ("big5", "漢"), ("Big5-HKSCS", "漢")),
    ],
)
def test_charsets_are_known_by_the_names_that_files_and_servers_use(
    charset: str, text: str
) -> None:
    codec = codec_of(charset)
    assert codec is not None
    assert text.encode(charset).decode(codec) == text


@pytest.mark.parametrize("charset", ["", "a\0b", "x" * 3000, "ü", "punycode", "rot13", "zlib"])
def test_what_is_no_charset_of_texts_is_not_known(charset: str) -> None:
    assert codec_of(charset) is None
