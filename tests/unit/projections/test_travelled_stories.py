"""Plans that were revised, reopened, undone or forked, as they are shown."""

from datetime import timedelta

from milepost.domain.events import (
    CheckpointTaken,
    CompensationBegun,
    CompensationEnded,
    PlanCancelled,
    PlanForked,
    PlanPaused,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    StepAdopted,
    StepReset,
)
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import Compensation, StepKind, StepStatus
from milepost.projections.decisions import decisions
from milepost.projections.plan_views import plan_view
from milepost.projections.revision_views import revision_views
from milepost.projections.step_views import step_view
from milepost.projections.story import PlanStory
from milepost.projections.timeline import timeline
from milepost.projections.totals import count_steps

from .made import Record, container, content_of, plan_of, tool_step

UNDO = Compensation(tool="undo")
PAIR = plan_of(tool_step("a"), tool_step("b", "a"))
REMADE = plan_of(tool_step("a"), tool_step("c", "a"))


def restored(record: Record, at: str, **fields: object) -> None:
    """Put a plan back to an event without another content."""
    given = {"number": 1, "content": content_of(record.spec), "parent": 1, "at": at}
    record.add(PlanRestored, **given | fields)


def told(record: Record, spec: PlanSpec, *earlier: PlanSpec) -> PlanStory:
    """Return the story of a plan that has that content by now."""
    story = PlanStory(record.stored, spec)
    for content in earlier:
        story.look_in(content)
    return story


def twice_run() -> Record:
    """Return a plan that took 2 s, stood still for an hour and took 3 s more."""
    record = Record(PAIR)
    record.begin()
    record.run("a")
    record.run("b")
    record.end("b")
    record.wait(3600)
    restored(record, "p1.a#2")
    record.add(StepReset, "b", reason="restored")
    record.run("b", 3)
    record.end("b")
    return record


def test_the_time_between_epochs_does_not_count() -> None:
    story = twice_run().story
    view = plan_view(story)
    assert (view.epoch, view.actual_duration) == (2, timedelta(seconds=5))
    assert view.result.duration == timedelta(seconds=5)
    shown = timeline(story)
    assert shown.total == timedelta(seconds=5)
    assert [epoch.length.total_seconds() for epoch in shown.epochs] == [2, 3]


def test_what_was_reset_stays_in_the_timeline_as_superseded() -> None:
    lanes = {lane.path: lane for lane in timeline(twice_run().story).lanes}
    assert [bar.superseded for bar in lanes["b"].bars] == [True, False]
    assert [bar.superseded for bar in lanes["a"].bars] == [False]


def test_a_reopened_plan_has_no_end_until_it_ends_again() -> None:
    record = twice_run()
    record.events = record.events[: 2 + 2 + 2 + 1 + 1]
    view = plan_view(record.story)
    assert (view.ended_at, view.completion, view.reason) == (None, None, None)


def test_a_removed_step_is_no_step_of_the_plan_but_keeps_its_lane() -> None:
    record = Record(PAIR)
    record.begin()
    record.run("a")
    record.run("b", 2)
    record.add(
        PlanRevised,
        number=2,
        content=content_of(REMADE),
        parent=1,
        trigger="user",
        strategy="partial",
        removed=("b",),
    )
    record.add(StepReset, "b", reason="revision 2")
    story = told(record, REMADE, PAIR)
    assert [place.path for place in story.places] == ["a", "c"]
    assert PlanStory(record.stored, REMADE).lost == ["b"]
    assert count_steps(story).total == 2
    gone = timeline(story).lanes[-1]
    assert (gone.path, gone.label, gone.removed) == ("b", "b", True)
    assert [bar.superseded for bar in gone.bars] == [True]


def test_iterations_that_were_reset_are_there_again_when_they_begin() -> None:
    loop = container("each", StepKind.LOOP, tool_step("x"), count=2)
    record = Record(plan_of(loop))
    record.begin()
    record.start("each")
    record.run("each[0].x")
    record.run("each[1].x")
    for path in ("each", "each[0].x", "each[1].x"):
        record.add(StepReset, path, reason="again")
    record.start("each")
    record.start("each[0].x")
    story = record.story
    assert [place.path for place in story.places] == ["each", "each[0].x"]
    assert [place.path for place in story.gone] == ["each[1].x"]


def undone_plan(*, is_over: bool) -> Record:
    spec = plan_of(tool_step("a", compensate=UNDO), tool_step("b", "a"))
    record = Record(spec)
    record.begin()
    record.run("a")
    record.add(CompensationBegun, steps=("a",), then="cancel", reason="stop")
    if is_over:
        record.run("a~undo")
        record.add(CompensationEnded)
        record.add(PlanCancelled, reason="stop")
    return record


def test_a_step_that_undoes_another_is_shown_after_it_and_not_counted() -> None:
    story = undone_plan(is_over=True).story
    assert [place.path for place in story.places] == ["a", "a~undo", "b"]
    counts = count_steps(story)
    assert (counts.total, counts.completed, counts.skipped) == (2, 1, 1)
    views = [step_view(story, place, None) for place in story.places]
    assert [view.undone for view in views] == [True, False, False]
    assert [view.undoes for view in views] == [None, "a", None]
    assert (views[1].tool, views[1].label) == ("undo", "undo a")
    assert timeline(story).critical_path == ("a",)


def test_a_step_that_is_yet_to_undo_another_is_pending() -> None:
    story = undone_plan(is_over=False).story
    assert story.statuses["a~undo"] is StepStatus.PENDING


def test_an_adopted_result_is_marked_with_its_source_and_took_no_time() -> None:
    record = Record(PAIR)
    record.add(PlanForked, parent="p0", at="p0.a#2", decider=1, strategy="dag")
    record.add(StepAdopted, "a", output=7, source="p0.a#2")
    record.run("b")
    story = record.story
    view = step_view(story, story.places[0], None)
    assert (view.adopted, view.source, view.output) == (True, "p0.a#2", 7)
    lanes = timeline(story).lanes
    assert [(lane.adopted, len(lane.bars)) for lane in lanes] == [(True, 0), (False, 1)]
    assert plan_view(story).forked_from == "p0.a#2"
    record.add(StepReset, "a", reason="again")
    again = step_view(record.story, record.story.places[0], None)
    assert (again.adopted, again.source, again.activation) == (False, None, 1)


def test_revisions_tell_what_made_them_and_where() -> None:
    record = Record(PAIR)
    record.begin()
    fields = {"parent": 1, "trigger": "failure", "strategy": "retry", "why": "it broke"}
    record.add(PlanRevised, number=2, content=content_of(REMADE), **fields)
    record.add(PlanRolledBack, number=3, content=content_of(PAIR), parent=2, to=1)
    first, second, third = revision_views(record.stored)
    assert (first.number, first.parent, first.position, first.made_by) == (
        *(1, None, 1, "plan.drafted"),
    )
    assert (second.trigger, second.strategy, second.position) == ("failure", "retry", 3)
    assert (third.equals, third.parent, third.event) == (1, 2, "p1#4")


def test_a_plan_shows_its_graph_checkpoints_constraints_and_breakpoints() -> None:
    record = Record(PAIR, breakpoints=("b",))
    record.begin()
    record.run("a")
    record.add(CheckpointTaken, name="after a", at="p1.a#2", why="good")
    record.add(PlanPaused, reason="breakpoint", breakpoint="b")
    view = plan_view(record.story)
    assert [(node.path, node.after, node.level) for node in view.graph] == [
        ("a", (), 0),
        ("b", ("a",), 1),
    ]
    (checkpoint,) = view.checkpoints
    assert (checkpoint.name, checkpoint.position, checkpoint.why) == ("after a", 4, "good")
    assert view.breakpoints == ("b",)
    assert view.constraints == PAIR.settings


def test_what_changes_a_plans_course_is_a_decision() -> None:
    found = [one.what for one in decisions(twice_run().stored)]
    assert found == ["restore", "reset"]
    undone = list(decisions(undone_plan(is_over=True).stored))
    assert [(one.what, one.chosen) for one in undone] == [("undo", ["a"])]
