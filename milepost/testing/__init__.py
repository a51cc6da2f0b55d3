"""For tests of plans: scripted tools, and an engine on a store in memory with virtual time.

    tools = ScriptedTools({"load": {"rows": 3}, "send": attempts(fails("busy"), "sent")})
    async with engine(tools) as mp:
        result = await mp.run("workflow.yaml")

No tool is called and nothing is written. Under trio's autojump clock a wait of an hour takes no
time.
"""

from .driver import engine, events_of, virtual_world
from .scripted import Attempts, ScriptedTools, after, attempts, fails, hangs

__all__ = [
    "Attempts",
    "ScriptedTools",
    "after",
    "attempts",
    "engine",
    "events_of",
    "fails",
    "hangs",
    "virtual_world",
]
