"""LangGraph with its SQLite saver and `durability="sync"`.

Graphs of nodes, because only there is a checkpoint awaited between two steps. The functional
interface is 1.6 times as fast on chains, but it starts the next task before the last one's
result is stored, so it does not give the durability asked for.
"""

from __future__ import annotations

import operator
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

import anyio
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from benchmarks import runner
from benchmarks.ledger import record_call
from benchmarks.measure import Latencies, durability, time_each_awaited
from benchmarks.system import Stored, System
from benchmarks.workloads import STEPS_PER_PLAN

from .row_copies import TEMPLATES, copy_rows, count_rows, new_ids

COUNTED_PLAN: Final = "counted-chain"
TABLES: Final = ("checkpoints", "writes")


class Chain(TypedDict):
    """The state of a chain: the last number."""

    number: int


class FanOut(TypedDict):
    """The state of a fan-out: what each parallel step gave is added up by the join."""

    width: int
    root: int
    parallel: Annotated[list[int], operator.add]
    total: int


async def no_op(state: Chain) -> Chain:
    """Give the next number."""
    return {"number": state["number"] + 1}


async def counted(state: Chain) -> Chain:
    """Write the ledger and give the next number."""
    record_call(state["number"] + 1)
    return {"number": state["number"] + 1}


def chain_graph(steps: int) -> StateGraph[Chain]:
    """Describe a chain of nodes."""
    graph = StateGraph(Chain)
    names = [f"s{position}" for position in range(1, steps + 1)]
    for name in names:
        graph.add_node(name, no_op)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph


def counted_graph(steps: int) -> StateGraph[Chain]:
    """Describe one node that is run `steps` times: a chain of 1,000 nodes recovers more slowly."""
    graph = StateGraph(Chain)
    graph.add_node("step", counted)
    graph.add_edge(START, "step")
    graph.add_conditional_edges(
        "step", lambda state: "step" if state["number"] < steps else END, ["step", END]
    )
    return graph


def fan_out_graph() -> StateGraph[FanOut]:
    """Describe one root, `width` parallel steps by `Send`, and a join."""

    async def root(state: FanOut) -> dict[str, int]:  # noqa: ARG001 - its signature
        return {"root": 1}

    async def parallel(state: Chain) -> dict[str, list[int]]:
        return {"parallel": [state["number"]]}

    async def join(state: FanOut) -> dict[str, int]:
        return {"total": sum(state["parallel"])}

    def spread(state: FanOut) -> list[Send]:
        return [Send("parallel", {"number": state["root"]}) for _ in range(state["width"])]

    graph = StateGraph(FanOut)
    graph.add_node("root", root)
    graph.add_node("parallel", parallel, input_schema=Chain)
    graph.add_node("join", join)
    graph.add_edge(START, "root")
    graph.add_conditional_edges("root", spread, ["parallel"])
    graph.add_edge("parallel", "join")
    graph.add_edge("join", END)
    return graph


class LangGraphSession:
    """One saver, and the graphs compiled over it once."""

    def __init__(self, saver: AsyncSqliteSaver, path: Path) -> None:
        self._saver = saver
        self._path = path
        self._chain = chain_graph(STEPS_PER_PLAN).compile(checkpointer=saver)
        self._fan_out = fan_out_graph().compile(checkpointer=saver)

    async def durability(self) -> str:
        """Read the pragmas back from the saver's connection."""
        read = []
        for pragma in ("journal_mode", "synchronous"):
            async with self._saver.conn.execute(f"PRAGMA {pragma}") as cursor:
                row = await cursor.fetchone()
                read.append(row[0] if row else None)
        return durability(*read) + ', durability="sync"'

    async def run_chains(self, plans: int, *, in_flight: int) -> Sequence[int]:
        """Invoke the compiled chain, each plan as a thread of its own."""
        numbers: list[int] = []
        left = iter(range(plans))

        async def work() -> None:
            numbers.extend([await self._run_chain(str(uuid.uuid4())) for _ in left])

        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(work)
        return numbers

    async def run_fan_out(self, width: int) -> int:
        """Invoke the map-reduce graph."""
        start: Any = {"width": width}
        end = await self._fan_out.ainvoke(start, _thread("fan-out"), durability="sync")
        return int(end["total"])

    async def store_plans(self, plans: int) -> Stored:
        """Run some plans, then copy their rows under new ids."""
        templates = [str(uuid.uuid4()) for _ in range(TEMPLATES)]
        for each in templates:
            await self._run_chain(each)
        ids = new_ids(max(0, plans - len(templates)))
        copy_rows(self._path, tables=TABLES, key="thread_id", templates=templates, ids=ids)
        origin = f"{len(templates)} run, the rest copied from their rows"
        return Stored([*templates, *ids], count_rows(self._path, TABLES), origin)

    async def time_histories(self, plans: Sequence[str]) -> Latencies:
        """Read every checkpoint of a thread."""

        async def history(plan: str) -> object:
            return [state async for state in self._chain.aget_state_history(_thread(plan))]

        return await time_each_awaited(history, plans)

    async def time_newest(self, count: int, *, reads: int) -> Latencies:
        """List the newest inputs over all threads; the saver has no list of threads."""

        async def newest(_: int) -> object:
            listed = self._saver.alist(None, filter={"source": "input"}, limit=count)
            return [each async for each in listed]

        return await time_each_awaited(newest, range(reads))

    async def run_counted_chain(self, steps: int) -> int:
        """Run on a thread that the next process knows."""
        return await self._run_counted({"number": 0}, steps)

    async def resume_counted_chain(self, steps: int) -> int:
        """Invoke again without input: the graph goes on from its last checkpoint."""
        return await self._run_counted(None, steps)

    async def _run_chain(self, thread: str) -> int:
        end = await self._chain.ainvoke({"number": 0}, _thread(thread), durability="sync")
        return int(end["number"])

    async def _run_counted(self, start: Chain | None, steps: int) -> int:
        graph = counted_graph(steps).compile(checkpointer=self._saver)
        config: RunnableConfig = {**_thread(COUNTED_PLAN), "recursion_limit": steps + 10}
        return int((await graph.ainvoke(start, config, durability="sync"))["number"])


def _thread(name: str) -> RunnableConfig:
    return {"configurable": {"thread_id": name}}


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[LangGraphSession]:
    """Open a saver on a file in `folder`, the way its documentation shows."""
    path = folder / "langgraph.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()
        yield LangGraphSession(saver, path)


SYSTEM: Final = System(
    "langgraph", version("langgraph"), connect, "benchmarks.peers.langgraph_peer"
)

if __name__ == "__main__":
    runner.main(SYSTEM)
