"""The composition root: the one place that puts concrete classes together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.planners import RulePlanner
from milepost.adapters.store.beside import file_of_store
from milepost.adapters.store.journal import open_journal
from milepost.adapters.tools import ToolOptions, ToolRegistry, builtin_tools
from milepost.adapters.tools.bounded_check import problem_of
from milepost.adapters.workflow import Workflow, load_workflow
from milepost.adapters.workflow import validate as validate_workflow
from milepost.adapters.workflow.preparation import Preparation
from milepost.adapters.workflow.published import PublishedWorkflows
from milepost.domain.values import Json
from milepost.engine.attempt import Workshop
from milepost.engine.coordinator import Coordinator
from milepost.engine.journal import Journal
from milepost.engine.library import Library
from milepost.engine.models import Models, NoModels
from milepost.engine.planner import Planner
from milepost.engine.replanner import Replanner
from milepost.engine.requests import Requests
from milepost.engine.tooling import Tool
from milepost.engine.world import World

from .facade import Milepost
from .reading import ReaderSource

if TYPE_CHECKING:
    from milepost.adapters.store.keeping import StoreKeeping
    from milepost.adapters.store.memory import MemoryStore
    from milepost.projections.reader import Reader

DEFAULT_STORE = "milepost.db"
MEMORY = "memory:"
"""The url of a store that ends with its block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an opened store may touch, and what it takes time and chance from."""

    folder: Path = field(default_factory=Path.cwd)
    """All of the disk that built-in tools see; the store's own files are kept from them."""
    allow_private_addresses: bool = False
    allow_sql_write: bool = False
    tool_modules: tuple[str, ...] = ()
    """Modules, by dotted name or path, whose tools are added."""
    world: World = field(default_factory=World)


@asynccontextmanager
async def open(  # noqa: A001 - the name that users read
    url: str | Path = DEFAULT_STORE,
    *,
    tools: Iterable[Tool] = (),
    models: Models | None = None,
    planner: Planner | None = None,
    config: Config | None = None,
) -> AsyncIterator[Milepost]:
    """Open a store for the length of a block; it is made if it does not exist.

    `url` is a path, or `memory:` for a store that ends with the block. Plans that run when the
    block is left are abandoned as by a crash; `resume` carries them on. `planner` makes the plans
    of which `settings.replan` says that they are made anew; by default rules do. Raises
    `StoreFormatError` for a file that is no store, `StoreBusyError` for one that stays locked.
    """
    config = config or Config()
    registry = tool_registry(config, tools, store=url)
    shop = Workshop(registry, models or NoModels(), config.world)
    async with (
        _opened_store(url) as (journal, reader),
        assembled(journal, reader, shop, planner) as milepost,
    ):
        yield milepost


@asynccontextmanager
async def assembled(
    journal: Journal, reader: ReaderSource, shop: Workshop, planner: Planner | None = None
) -> AsyncIterator[Milepost]:
    """Put an engine together around a store, for the length of a block."""
    expressions = CelExpressions()
    library = Library(expressions)
    preparation = Preparation(shop.tools, expressions, library)
    published = PublishedWorkflows(journal, library, shop.world)
    replanner = Replanner(planner or RulePlanner(), preparation.content, published.spec)
    async with Coordinator(
        journal, library, shop, check=problem_of, replanner=replanner
    ) as coordinator:
        requests = Requests(journal, coordinator, shop.world, problem_of)
        yield Milepost(journal, coordinator, requests, preparation, published, reader, shop.world)


@asynccontextmanager
async def _opened_store(url: str | Path) -> AsyncIterator[tuple[Journal, ReaderSource]]:
    """Open a store for writing; what reads it is opened when something is first read."""
    if url == MEMORY:
        from milepost.adapters.store.memory import MemoryStore, open_memory_journal

        store = MemoryStore()
        async with open_memory_journal(store) as journal, AsyncExitStack() as readers:
            yield journal, lambda: readers.enter_async_context(_memory_reads(store))
    else:
        async with open_journal(Path(url)) as file_journal, AsyncExitStack() as readers:
            path = file_journal.path  # whole: the program may go to another folder before it reads
            yield file_journal, lambda: readers.enter_async_context(_file_reads(path))


def _memory_reads(store: MemoryStore) -> AbstractAsyncContextManager[Reader]:
    from milepost.adapters.store.memory_reads import open_memory_reads

    return open_memory_reads(store)


def _file_reads(path: Path) -> AbstractAsyncContextManager[Reader]:
    from milepost.adapters.store.open_reads import open_reads

    return open_reads(path)


def keep(path: str | Path = DEFAULT_STORE) -> StoreKeeping:
    """Return what checks a store file, makes its projections anew, and moves plans in and out."""
    from milepost.adapters.store.keeping import StoreKeeping

    return StoreKeeping(Path(path))


def validate(
    source: str | Path | Mapping[str, Json],
    *,
    tools: Iterable[Tool] = (),
    config: Config | None = None,
    remove_cycles: bool = False,
) -> Workflow:
    """Load and check a workflow without a store; raise `ValidationError` saying what is wrong.

    With `remove_cycles`, it is the workflow without the dependencies that close a cycle; its
    `removed` names them.
    """
    workflow = load_workflow(source)
    if remove_cycles:
        workflow = workflow.without_cycles()
    registry = tool_registry(config or Config(), tools)
    validate_workflow(workflow, tools=registry, expressions=CelExpressions())
    return workflow


def tool_registry(
    config: Config, tools: Iterable[Tool] = (), *, store: str | Path = MEMORY
) -> ToolRegistry:
    """Return the built-in tools as `config` allows them, kept off the store, and the given ones."""
    options = ToolOptions(
        folder=config.folder,
        is_withheld=_files_of(store),
        allow_private_addresses=config.allow_private_addresses,
        allow_sql_write=config.allow_sql_write,
    )
    registry = ToolRegistry([*builtin_tools(options), *tools])
    for module in config.tool_modules:
        registry.load_module(module)
    return registry


def _files_of(store: str | Path) -> Callable[[Path], bool]:
    """Return what tells the store's files, wherever the program goes before it asks."""
    if store == MEMORY:
        return lambda _path: False
    home = Path(store).resolve()
    return lambda path: file_of_store(path, home) is not None
