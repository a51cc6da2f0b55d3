"""Everything that changes the course of plans, or compares courses, in one face."""

from __future__ import annotations

from .checkpointing import Checkpointing
from .comparing import Comparing
from .forking import Forking
from .going_back import GoingBack
from .proving import Proving
from .recovering import Recovering
from .revising import Revising


class Travelling(Revising, Recovering, GoingBack, Checkpointing, Forking, Comparing, Proving):
    """Changes the course of plans that exist; every change is a new event, nothing is deleted."""
