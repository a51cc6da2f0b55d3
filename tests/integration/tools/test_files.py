"""`file.read`, `file.write` and `csv.read` on a real folder, and nothing outside of it."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from milepost.adapters.tools.folder import ConfinedFolder
from milepost.domain.errors import ExecutionError

from .conftest import Tooling


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Path]:
    """Put a file beside the folder, and see in the end that nothing touched it."""
    path = tmp_path / "secret.txt"
    path.write_text("secret")
    yield path
    assert path.read_text() == "secret"


async def test_what_was_written_is_read_back(tools: Tooling) -> None:
    written = await tools.run("file.write", path="notes/hello.txt", text="Grüße\n")
    content = "Grüße\n".encode()
    digest = hashlib.sha256(content).hexdigest()
    assert written == {"path": "notes/hello.txt", "bytes": len(content), "sha256": digest}
    assert await tools.run("file.read", path="notes/hello.txt") == {
        "path": "notes/hello.txt",
        "text": "Grüße\n",
        "bytes": 8,
    }
    assert (tools.folder / "notes/hello.txt").read_text() == "Grüße\n"
    assert os.listdir(tools.folder / "notes") == ["hello.txt"]  # noqa: PTH208 - hidden ones too


ESCAPES = [
    "../secret.txt",
    "a/../../secret.txt",
    "./../secret.txt",
    "/etc/passwd",
    "~/../../secret.txt",
    "link.txt",
    "folder/secret.txt",
    "chain/secret.txt",
    "",
    "a\0b",
    ".",
    "x" * 300,
]


@pytest.mark.parametrize("path", ESCAPES)
async def test_no_path_leads_out_of_the_folder(tools: Tooling, secret: Path, path: str) -> None:
    (tools.folder / "link.txt").symlink_to(secret)
    (tools.folder / "folder").symlink_to(secret.parent)
    (tools.folder / "chain").symlink_to("folder")
    for failure in (
        await tools.failure("file.read", path=path),
        await tools.failure("csv.read", path=path),
        await tools.failure("file.write", path=path, text="changed"),
    ):
        assert failure.code in ("forbidden", "not_found")
        assert not failure.retryable


async def test_a_link_that_stays_inside_is_followed(tools: Tooling) -> None:
    (tools.folder / "real").mkdir()
    (tools.folder / "alias").symlink_to("real")
    await tools.run("file.write", path="alias/a.txt", text="x")
    assert (tools.folder / "real/a.txt").read_text() == "x"


@pytest.mark.parametrize("swapped", ["inner", "inner/a.txt"])
def test_a_link_swapped_in_after_the_check_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "inner").mkdir(parents=True)
    (root / "inner/a.txt").write_text("mine")
    outside.mkdir()
    (outside / "a.txt").write_text("secret")
    folder = ConfinedFolder(root, is_withheld=lambda _path: False)
    locate = ConfinedFolder.locate

    def locate_then_swap(self: ConfinedFolder, path: str) -> Path:
        real = locate(self, path)
        target = root / swapped
        target.rename(root / "moved")
        target.symlink_to(outside if swapped == "inner" else outside / "a.txt")
        return real

    monkeypatch.setattr(ConfinedFolder, "locate", locate_then_swap)
    with pytest.raises(ExecutionError) as caught:
        folder.read("inner/a.txt", max_bytes=100)
    assert caught.value.code in ("forbidden", "not_found")


async def test_a_missing_file_is_not_found(tools: Tooling) -> None:
    failure = await tools.failure("file.read", path="nothing.txt")
    assert (failure.code, failure.retryable) == ("not_found", False)
    assert "'nothing.txt': is not there" in str(failure)


async def test_a_folder_or_a_pipe_is_not_a_file(tools: Tooling) -> None:
    (tools.folder / "sub").mkdir()
    os.mkfifo(tools.folder / "pipe")
    for path in ("sub", "pipe"):
        failure = await tools.failure("file.read", path=path)
        assert failure.code == "forbidden"
    assert (await tools.failure("file.write", path="sub", text="x")).code == "forbidden"
    assert sorted(os.listdir(tools.folder)) == ["pipe", "sub"]  # noqa: PTH208 - hidden ones too


async def test_replacing_can_be_forbidden(tools: Tooling) -> None:
    await tools.run("file.write", path="a.txt", text="1", replace=False)
    failure = await tools.failure("file.write", path="a.txt", text="2", replace=False)
    assert failure.code == "exists"
    assert (tools.folder / "a.txt").read_text() == "1"
    await tools.run("file.write", path="a.txt", text="3")
    assert (tools.folder / "a.txt").read_text() == "3"
    assert os.listdir(tools.folder) == ["a.txt"]  # noqa: PTH208 - hidden ones too


async def test_files_over_the_limit_are_refused_both_ways(
    tooling: Callable[..., Tooling],
) -> None:
    tools = tooling(max_file_bytes=4)
    (tools.folder / "big.txt").write_text("12345")
    assert (await tools.failure("file.read", path="big.txt")).code == "too_large"
    assert (await tools.failure("file.write", path="b.txt", text="12345")).code == "too_large"
    assert (await tools.run("file.write", path="b.txt", text="1234"))["bytes"] == 4


async def test_text_in_another_encoding_needs_its_name(tools: Tooling) -> None:
    (tools.folder / "old.txt").write_bytes("Grüße".encode("latin-1"))
    failure = await tools.failure("file.read", path="old.txt")
    assert (failure.code, "at byte 2" in str(failure)) == ("invalid_content", True)
    assert (await tools.run("file.read", path="old.txt", encoding="latin-1"))["text"] == "Grüße"


NO_CHARSETS = [
    *("klingon", "hex", "punycode", "idna", "utf-7", "unicode_escape", "undefined", "a\0b", "")
]


@pytest.mark.parametrize("encoding", NO_CHARSETS)
async def test_only_charsets_of_texts_are_decoded(tools: Tooling, encoding: str) -> None:
    (tools.folder / "a.txt").write_text("a")
    failure = await tools.failure("file.read", path="a.txt", encoding=encoding)
    assert (failure.code, failure.retryable) == ("invalid_argument", False)


async def test_a_byte_order_mark_is_no_text(tools: Tooling) -> None:
    (tools.folder / "bom.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert await tools.run("csv.read", path="bom.csv") == [{"a": "1", "b": "2"}]
    assert (await tools.run("file.read", path="bom.csv"))["text"].startswith("a,b")


async def test_half_a_character_cannot_be_written(tools: Tooling) -> None:
    failure = await tools.failure("file.write", path="a.txt", text="\ud800")
    assert failure.code == "invalid_argument"


async def test_csv_gives_objects_with_numbers_when_wanted(tools: Tooling) -> None:
    (tools.folder / "sales.csv").write_text("region;amount\nEU;10\nUS;\n")
    rows = await tools.run("csv.read", path="sales.csv", delimiter=";", numbers=True)
    assert rows == [{"region": "EU", "amount": 10}, {"region": "US", "amount": None}]
