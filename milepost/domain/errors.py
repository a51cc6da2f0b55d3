"""Every error that Milepost raises on purpose; `MilepostError` is the base of all.

`kind` is the stable word stored in events and printed by the command line; `exit_code` is what
a command ends with when the error reaches it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class MilepostError(Exception):
    """Base of every error raised on purpose; catch it to catch them all."""

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class RefusedError(MilepostError):
    """The input was refused and nothing was stored; mend the input and try again."""

    kind: ClassVar[str] = "refused"
    exit_code: ClassVar[int] = 2


class ValidationError(RefusedError):
    """A plan, workflow, argument or setting is not well formed; `where` points at the fault."""

    kind: ClassVar[str] = "validation"

    def __init__(self, problem: str, *, where: str = "", mend: str = "") -> None:
        self.problem = problem
        self.where = where
        self.mend = mend
        super().__init__(_sentence(where, problem, mend))


class DependencyError(ValidationError):
    """Dependencies are missing, doubled, of a step on itself, or cyclic; `ids` names the steps."""

    kind: ClassVar[str] = "dependency"

    def __init__(
        self, problem: str, *, ids: Sequence[str] = (), where: str = "", mend: str = ""
    ) -> None:
        self.ids = tuple(ids)
        super().__init__(problem, where=where, mend=mend)


class ExpressionError(ValidationError):
    """An expression does not compile, or names something that is not there."""

    kind: ClassVar[str] = "expression"


class PlanningError(RefusedError):
    """No plan could be made from the request; change the request or supply a plan."""

    kind: ClassVar[str] = "planning"


class UnknownNameError(RefusedError):
    """A plan, step, workflow, tool or checkpoint of that name is not there; check the name."""

    kind: ClassVar[str] = "unknown"


class EquipmentError(RefusedError):
    """A plan needs tools or models that were not given; nothing of it was touched, give them."""

    kind: ClassVar[str] = "equipment"


class IllegalTransitionError(RefusedError):
    """The state does not allow the command; read the state again before retrying."""

    kind: ClassVar[str] = "transition"

    def __init__(self, what: str, *, state: str, trigger: str) -> None:
        self.what = what
        self.state = state
        self.trigger = trigger
        super().__init__(f"{what}: cannot {trigger} while {state}")


class LimitError(RefusedError):
    """A documented limit was passed; `limit` is its name, `allowed` its value."""

    kind: ClassVar[str] = "limit"

    def __init__(self, limit: str, *, allowed: object, given: object, where: str = "") -> None:
        self.limit = limit
        self.allowed = allowed
        self.given = given
        problem = f"{limit} is at most {allowed}, this is {given}"
        super().__init__(_sentence(where, problem, ""))


class ExecutionError(MilepostError):
    """A step's work failed; `code` is what retry policies are matched against."""

    kind: ClassVar[str] = "execution"

    def __init__(self, message: str, *, code: str = "error", retryable: bool = True) -> None:
        self.code = code
        self.retryable = retryable
        super().__init__(message)


class StepTimeoutError(ExecutionError):
    """A step, an attempt or a plan ran out of time."""

    kind: ClassVar[str] = "timeout"
    exit_code: ClassVar[int] = 4

    def __init__(self, message: str) -> None:
        super().__init__(message, code="timeout")


class StoreError(MilepostError):
    """The store could not do what was asked; nothing of the save was kept."""

    kind: ClassVar[str] = "store"


class VersionConflictError(StoreError):
    """Another writer moved a stream on; fold again and decide again."""

    kind: ClassVar[str] = "conflict"


class FenceError(StoreError):
    """Another owner took the plan over; stop its work at once and add nothing more."""

    kind: ClassVar[str] = "fence"


class OwnedElsewhereError(StoreError):
    """A living process owns the plan; wait for it, or take over with `resume PLAN --take-over`."""

    kind: ClassVar[str] = "owned"
    exit_code: ClassVar[int] = 2


class StoreFullError(StoreError):
    """The disk is full or read-only; nothing was acknowledged, free space and resume."""

    kind: ClassVar[str] = "full"


class StoreBusyError(StoreError):
    """The file stayed locked past the busy timeout; try again."""

    kind: ClassVar[str] = "busy"


class StoreFormatError(StoreError):
    """The file is not a store, can be none, is damaged, or was written by a newer version."""

    kind: ClassVar[str] = "format"
    exit_code: ClassVar[int] = 2


def _sentence(where: str, problem: str, mend: str) -> str:
    head = f"{where}: {problem}" if where else problem
    return f"{head}; {mend}" if mend else head
