"""Planners: by rules, and by a script."""

from .rules import RulePlanner
from .scripted import ScriptedPlanner

__all__ = ["RulePlanner", "ScriptedPlanner"]
