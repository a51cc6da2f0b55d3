"""The legal moves of plans and steps, written down apart from the product's."""

FINAL = {"completed", "failed", "skipped", "cancelled"}
ACTIVE = {"running", "retrying", "suspended"}
STEP = {
    "step.started.v1": ({"pending", "retrying", "suspended"}, "running"),
    "step.completed.v1": ({"running", "suspended"}, "completed"),
    "step.failed.v1": ({"pending", "running", "retrying", "suspended"}, "failed"),
    "step.retrying.v1": ({"running", "suspended"}, "retrying"),
    "step.suspended.v1": ({"running"}, "suspended"),
    "step.skipped.v1": ({"pending", "retrying", "suspended"}, "skipped"),
    "step.cancelled.v1": ({"pending", "running", "retrying", "suspended"}, "cancelled"),
    "step.reset.v1": (FINAL | {"pending", "running", "retrying", "suspended"}, "pending"),
    "step.adopted.v1": ({"pending"}, "completed"),
}
ENDED = {"completed", "failed", "cancelled"}
_OPEN = {"running", "paused"}
PLAN = {
    "plan.drafted.v1": ({"absent"}, "ready"),
    "plan.started.v1": ({"ready"}, "running"),
    "plan.forked.v1": ({"ready"}, "running"),
    "plan.paused.v1": ({"running"}, "paused"),
    "plan.resumed.v1": ({"paused"}, "running"),
    "plan.completed.v1": (_OPEN, "completed"),
    "plan.failed.v1": ({"ready", *_OPEN}, "failed"),
    "plan.cancelled.v1": ({"ready", *_OPEN}, "cancelled"),
    "plan.rolled_back.v1": (ENDED | _OPEN, "running"),
    "plan.restored.v1": (ENDED | _OPEN, "running"),
    "plan.recovered.v1": (ENDED | _OPEN, "running"),
    "plan.compensation_begun.v1": (ENDED | _OPEN, "running"),
}
REOPENING = {
    "plan.rolled_back.v1",
    "plan.restored.v1",
    "plan.recovered.v1",
    "plan.compensation_begun.v1",
}
"""What lets an ended plan run again, in another epoch, and a paused one in the same."""
ALLOWED_AFTER_THE_END = REOPENING | {
    "plan.request_answered.v1",
    "plan.checkpoint_taken.v1",
    "plan.checkpoint_forgotten.v1",
}
SETS_CONTEXT = {
    "plan.drafted.v1",
    "plan.forked.v1",
    "plan.rolled_back.v1",
    "plan.restored.v1",
    "plan.recovered.v1",
}
REVISING = {
    "plan.revised.v1",
    "plan.rolled_back.v1",
    "plan.restored.v1",
    "plan.recovered.v1",
}
"""What carries the number of the revision that holds from there on."""
