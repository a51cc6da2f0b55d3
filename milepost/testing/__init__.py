"""For tests of plans: no tool is called, nothing is written, and waiting takes no time.

- **Scripted results**: `ScriptedTools` instead of tools, with `attempts`, `fails`, `after` and
  `hangs`; `engine` opens the whole engine on a store in memory.
- **A clock that skips time**: `run_virtual` runs an asynchronous function under it, `skipping_time`
  names it to anyio's pytest plugin, `VirtualLoop` is the asyncio event loop behind it.
- **The simulator**: `simulate` returns a plan's `Simulation` (timeline, result, events), from
  durations and failures that are given or drawn from a `History` of real runs; `simulate_many`
  returns the `Spread` of many.
- **The step recorder**: `record` a run as a `Recording`; `check` carries it, or a changed plan, out
  again on what was recorded and returns each `Difference`.
- **The chaos engine**: `chaos_run` carries a plan out under seeded errors, delays and crashes and
  checks what must hold; `ChaosTools` says how often; `find_failing_seed` looks for trouble.

    tools = ScriptedTools({"load": {"rows": 3}, "send": attempts(fails("busy"), "sent")})
    async with engine(tools) as mp:
        result = await mp.run("workflow.yaml")

See docs/testing.md.
"""

from .chaos import ChaosTools, Fault, FaultKind
from .chaos_run import ChaosReport, chaos_run, find_failing_seed
from .checking import Difference, check
from .driver import engine, events_of, virtual_world
from .history import History
from .recorder import record
from .recording import Recording
from .scripted import Attempts, ScriptedTools, after, attempts, fails, hangs
from .simulation import Simulation, simulate
from .spread import Spread, simulate_many
from .trials import Failure, Trial
from .virtual_time import VirtualLoop, run_virtual, skipping_time

__all__ = [
    "Attempts",
    "ChaosReport",
    "ChaosTools",
    "Difference",
    "Failure",
    "Fault",
    "FaultKind",
    "History",
    "Recording",
    "ScriptedTools",
    "Simulation",
    "Spread",
    "Trial",
    "VirtualLoop",
    "after",
    "attempts",
    "chaos_run",
    "check",
    "engine",
    "events_of",
    "fails",
    "find_failing_seed",
    "hangs",
    "record",
    "run_virtual",
    "simulate",
    "simulate_many",
    "skipping_time",
    "virtual_world",
]
