"""The bugs: a text of the core that stands there once, and what stands there instead."""

from typing import NamedTuple

CORE = "milepost/engine/core"


class Bug(NamedTuple):
    """One planted bug; `file` lies in the engine's core."""

    file: str
    text: str
    instead: str
    what: str


BUGS = (
    Bug("decide.py", "dependent.waiting -= 1", "dependent.waiting -= 2", "a join counts twice"),
    Bug(
        "decide.py",
        "if not dependent.waiting and dependent.step",
        "if dependent.step",
        "a join waits for one dependency",
    ),
    Bug("decide.py", "frame.open -= 1", "frame.open -= 0", "a container never sees its last child"),
    Bug(
        "decide.py",
        "StepStatus.PENDING and is_skipped(state, instance):",
        "StepStatus.PENDING and False:",
        "conditions and failed dependencies are not looked at",
    ),
    Bug(
        "decide.py",
        "    state.recheck = False\n    if state.over:\n",
        "    state.recheck = False\n    if state.plan:\n",
        "after a crash nobody looks whether containers may go on",
    ),
    Bug(
        "decide.py",
        "stop_on_failure(state, instance)",
        "None",
        "the plan goes on after the first failure",
    ),
    Bug(
        "decide.py",
        'cancel_below(state, instance, f"{instance.path!r} ran out of time")',
        "None",
        "children outlive a container that ran out of time",
    ),
    Bug(
        "intake.py",
        "outcome.attempt == step.attempt and",
        "True and",
        "a result of an older attempt counts",
    ),
    Bug(
        "intake.py",
        "if not writes or policy is OnUnknown.RETRY:",
        "if True:",
        "a write that was cut off is made again unasked",
    ),
    Bug(
        "intake.py",
        "elif policy is OnUnknown.FAIL:",
        "elif False:",
        "on_unknown: fail asks instead",
    ),
    Bug(
        "skips.py",
        "return settle is Settle.ANY or (",
        "return step.ended or (",
        "dependents of failed steps run",
    ),
    Bug(
        "skips.py",
        "and step.skipped is not SkipReason.BLOCKED",
        "",
        "being blocked does not spread",
    ),
    Bug("skips.py", "if not condition.evaluate", "if condition.evaluate", "not is lost"),
    Bug("ready.py", "if busy >= self._slots:", "if busy > self._slots:", "one slot too many"),
    Bug(
        "ready.py",
        "1 if self._strategy is Scheduling.SERIAL else",
        "2 if self._strategy is Scheduling.SERIAL else",
        "serial plans run two steps at once",
    ),
    Bug(
        "ready.py",
        "held.get(name, 0) + amount <=",
        "amount <=",
        "what others hold of a resource is forgotten",
    ),
    Bug(
        "ready.py",
        "return (-node.priority, 0.0, node.number, arrival)",
        "return (node.priority, 0.0, node.number, arrival)",
        "the lowest priority goes first",
    ),
    Bug(
        "attempts.py",
        "attempt=step.attempt + 1",
        "attempt=max(step.attempt, 1)",
        "every attempt is the first",
    ),
    Bug("attempts.py", "if attempt >= allowed:", "if attempt > allowed:", "one retry too many"),
    Bug(
        "attempts.py",
        "bindings={} if bindings == step.bindings else bindings",
        "bindings=bindings",
        "later attempts repeat their bindings",
    ),
    Bug(
        "attempts.py",
        "due >= started + limit",
        "due > started + limit * 2",
        "a retry is planned beyond the step's time",
    ),
    Bug(
        "attempts.py",
        "        state.timers.add(due, Alarm.WAKE, instance)\n    if refused",
        "        pass\n    if refused",
        "nothing wakes a retry",
    ),
    Bug(
        "completion.py",
        "if root.open == 0 and plan.compensation is None and not held:",
        "if root.open <= 1 and plan.compensation is None and not held:",
        "the plan ends with its last step still to come",
    ),
    Bug(
        "completion.py",
        "    cancel_active(state, reason)\n",
        "",
        "steps outlive a plan that failed",
    ),
    Bug(
        "completion.py",
        "if not lacking:",
        "if True:",
        "a partial success passes for a whole one",
    ),
    Bug(
        "containers.py",
        'cancel_below(state, owner, f"its container {owner.path!r} failed")',
        "None",
        "children outlive their container",
    ),
    Bug(
        "branches.py",
        "CASE in step.bindings and step.bindings[CASE] != case",
        "False",
        "steps run in cases that were not taken",
    ),
    Bug(
        "containers.py",
        "child.frame.over = True",
        "pass",
        "what was ready in an earlier attempt of a container holds others up",
    ),
    Bug(
        "branches.py",
        "if index == choice.case:",
        "if index <= (choice.case or 0):",
        "cases before the chosen one are not skipped",
    ),
    Bug(
        "containers.py",
        "    if again:\n        _reset_children(state, instance)\n",
        "",
        "a container is tried again with its old children",
    ),
    Bug(
        "containers.py",
        "mode is ParallelMode.STOP_ON_FAILURE and",
        "False and",
        "stop_on_failure waits for all",
    ),
    Bug(
        "loops.py",
        "if index >= instance.node.spec.max_iterations:",
        "if index > instance.node.spec.max_iterations:",
        "a loop passes its limit by one",
    ),
    Bug(
        "loops.py",
        "while instance.open_frames < concurrency(instance):",
        "while instance.open_frames <= concurrency(instance):",
        "one iteration too many at once",
    ),
    Bug("loops.py", "return value is not until", "return value is until", "until means while"),
    Bug("limits.py", "if state.starts < allowed:", "if state.starts <= allowed:", "one start more"),
    Bug(
        "limits.py",
        "allowed is None or state.retries < allowed",
        "allowed is None or state.retries <= allowed",
        "one retry more than the plan allows",
    ),
    Bug(
        "timers.py",
        "if step.attempt != due.attempt:",
        "if False:",
        "the limit of an older attempt ends a newer one",
    ),
    Bug(
        "suspensions.py",
        "    state.timers.add(due, Alarm.WAKE, instance)\n",
        "",
        "a wait never ends",
    ),
    Bug(
        "derive.py",
        "        _set_timers(state, instance)\n",
        "",
        "times are forgotten in a crash",
    ),
    Bug(
        "derive.py",
        "frame.open = len(going_on)",
        "frame.open = len(frame.instances)",
        "after a crash ended children count as open",
    ),
    Bug(
        "requests.py",
        "if request.originator_version <= state.plan.handled_requests:\n        return\n",
        "pass\n",
        "a request is answered twice",
    ),
)
