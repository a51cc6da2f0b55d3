"""Opening the store that a command is about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from milepost.domain.errors import UnknownNameError, ValidationError

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.composition import Config
    from milepost.engine.models import Models

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """The tools and models of a command, as its options give them."""

    folder: str = "."
    tools: Sequence[str] = ()
    models: str | None = None
    allow_private_addresses: bool = False
    allow_sql_write: bool = False

    def config(self) -> Config:
        """Return what the tools may touch; raise `ValidationError` when the folder is none."""
        from milepost.composition import Config

        folder = Path(self.folder)
        if not found(folder.is_dir):
            raise ValidationError("is not a folder", where=f"--folder {self.folder}")
        return Config(
            folder=folder,
            tool_modules=tuple(self.tools),
            allow_private_addresses=self.allow_private_addresses,
            allow_sql_write=self.allow_sql_write,
        )

    def scripted(self) -> Models | None:
        """Return the scripted models, None where no script is given."""
        if self.models is None:
            return None
        from milepost.adapters.models import ScriptedModels

        return ScriptedModels.load(Path(self.models))


def run_async(function: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Run an asynchronous function to its end in an event loop of its own."""
    import anyio

    return anyio.run(function)


@asynccontextmanager
async def opened(
    store: str, equipment: Equipment | None = None, *, new: bool = False
) -> AsyncIterator[Milepost]:
    """Open a store; only with `new` is one made where there is none."""
    from milepost.composition import open as open_store

    if not new:
        require_store(store)
    equipment = equipment or Equipment()
    async with open_store(
        store, models=equipment.scripted(), config=equipment.config()
    ) as milepost:
        yield milepost


def is_there(store: str) -> bool:
    """Tell whether there is a store of that name."""
    return found(Path(store).is_file)


def found(look: Callable[[], bool]) -> bool:
    """Return what a look at the disk finds: nothing, for a name that no file can have."""
    try:
        return look()
    except OSError:
        return False


def require_store(store: str) -> None:
    """Raise `UnknownNameError` when there is no such store."""
    if not is_there(store):
        raise UnknownNameError(
            f"{store}: there is no store here; run a workflow first, or name one with --db or "
            "MILEPOST_DB"
        )
