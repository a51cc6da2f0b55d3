"""Bodies of answers, unpacked as they come, to the end and no further than is allowed."""

from __future__ import annotations

import zlib

import httpx2

_ANY_ZLIB = zlib.MAX_WBITS | 32
_GZIP = b"\x1f\x8b"
_PACKINGS = ("gzip", "x-gzip", "deflate")


class Plain:
    """A body that comes as it is; where it ends is the connection's matter."""

    is_cut = False

    def unpack(self, chunk: bytes, _most: int) -> bytes:
        """Return the chunk."""
        return chunk


class Packed:
    """A body of one packed part or, as gzip has it, several after each other.

    What comes after them and begins no part, such as padding, is left out.
    """

    def __init__(self) -> None:
        self._part = zlib.decompressobj(_ANY_ZLIB)
        self.is_cut = False

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """Return what the chunk holds, `most` bytes of it at most; bombs stop there."""
        content = bytearray()
        try:
            while chunk and len(content) < most:
                if self._part.eof:
                    if not _GZIP.startswith(chunk[: len(_GZIP)]):
                        break
                    self._part = zlib.decompressobj(_ANY_ZLIB)
                content += self._part.decompress(chunk, most - len(content))
                chunk = self._part.unused_data
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from error
        self.is_cut = not self._part.eof
        return bytes(content)


def unpacking(packing: str) -> Plain | Packed:
    """Return what unpacks a body of that content-encoding; raise `DecodingError` if nothing."""
    if packing == "identity":
        return Plain()
    if packing not in _PACKINGS:
        raise httpx2.DecodingError(f"content-encoding {packing} was not asked for")
    return Packed()
