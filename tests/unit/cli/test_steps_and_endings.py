"""Steps, failures and questions as the terminal shows them."""

import io
from datetime import timedelta

from rich.console import Console, RenderableType

from milepost.adapters.cli.next_commands import command
from milepost.adapters.cli.screen.ending import LONGEST_OUTPUT, Ending, ending_lines
from milepost.adapters.cli.screen.steps import resolved_input, step_page, step_table
from milepost.domain.events import ErrorRecord, Question, Waiting
from milepost.domain.plans import Completion, PlanResult, PlanStatus
from milepost.domain.steps import StepStatus

from .views import step

DONE = PlanResult(
    plan_id="p1",
    status=PlanStatus.COMPLETED,
    completion=Completion.SUCCESS,
    completed_steps=3,
    duration=timedelta(seconds=1.5),
    final_output="42",
)
FAILED = DONE.model_copy(
    update={
        "status": PlanStatus.FAILED,
        "completion": Completion.ERROR,
        "final_output": None,
        "error_message": "step 'load' failed: no such file",
        "failed_steps": 1,
    }
)
PAUSED = DONE.model_copy(
    update={"status": PlanStatus.PAUSED, "completion": None, "reason": "waiting for an answer"}
)
ERROR = ErrorRecord(
    message="no such file",
    code="not_found",
    cause=ErrorRecord(message="gone", stack="Traceback\n  line 1"),
)


def printed(*parts: RenderableType) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=200, markup=False, highlight=False)
    for part in parts:
        console.print(part, soft_wrap=True)
    return stream.getvalue()


def told(ending: Ending) -> str:
    return printed(*ending_lines(ending, unicode=False))


def test_a_failure_that_went_through_containers_is_told_once() -> None:
    inner = ErrorRecord(message="step 'a.b' failed: gone", code="lost", cause=ERROR.cause)
    outer = ErrorRecord(message=f"step 'a' failed: {inner.message}", code="lost", cause=inner)
    text = printed(*step_page(step(status=StepStatus.FAILED, error=outer), unicode=False))

    assert text.count("gone") == 1
    assert "step 'a.b' failed: gone [lost]" in text


def test_an_input_is_shown_as_it_was_resolved() -> None:
    shown = step(
        input={"a": ["${x}", 2], "b": "${y}", "c/d": {"e": "${z}"}},
        bindings={"/a/0": 1, "/b": {"k": "v"}, "/c~1d/e": True, "/for_each": [1]},
    )

    assert resolved_input(shown) == {"a": [1, 2], "b": {"k": "v"}, "c/d": {"e": True}}
    assert shown.input == {"a": ["${x}", 2], "b": "${y}", "c/d": {"e": "${z}"}}


def test_a_step_that_is_one_template_shows_what_it_became() -> None:
    assert resolved_input(step(input="${x}", bindings={"": {"path": "a"}})) == {"path": "a"}


def test_a_failed_step_shows_input_error_causes_and_stack() -> None:
    failed = step(status=StepStatus.FAILED, input={"path": "a.csv"}, error=ERROR)
    page = printed(*step_page(failed, unicode=False))

    for part in (
        "x failed",
        '"path": "a.csv"',
        "no such file [not_found]",
        "because gone",
        "line 1",
    ):
        assert part in page


def test_the_table_of_steps_shows_what_matters_of_each() -> None:
    rows = printed(
        step_table(
            [
                step("load", output={"rows": 3}),
                step("think", status=StepStatus.FAILED, error=ERROR, attempt=3),
                step("ask", status=StepStatus.SUSPENDED, question=Question(prompt="well?")),
                step("late", status=StepStatus.SKIPPED, reason="`a > 1` does not hold"),
            ],
            unicode=False,
        )
    ).splitlines()

    assert '{"rows": 3}' in rows[1]
    assert "no such file" in rows[2]
    assert "well?" in rows[3]
    assert "`a > 1` does not hold" in rows[4]


def test_markup_in_a_text_is_shown_as_it_is() -> None:
    assert "[bold]x[/bold]" in printed(step_table([step(output="[bold]x[/bold]")], unicode=False))


def test_a_done_plan_tells_its_answer_its_files_and_what_to_try() -> None:
    text = told(Ending(DONE, "sum", "milepost.db", files=["out/chart.svg"]))

    assert text.startswith("+ completed  sum  1.5s, steps: 3 completed")
    assert "\n42\n" in text
    assert "out/chart.svg" in text
    for words in ("milepost show p1", "milepost timeline p1", "milepost replay p1"):
        assert words in text


def test_a_failed_plan_tells_the_step_its_input_and_how_to_look_into_it() -> None:
    troubled = step(
        "both.load", status=StepStatus.FAILED, input={"path": "a.csv"}, error=ERROR, attempt=3
    )
    text = told(Ending(FAILED, "sum", "x y.db", troubled=[troubled]))

    assert text.startswith("x failed")
    assert "failed  both.load (csv.read, attempt 3)" in text
    assert "no such file [not_found]" in text
    assert 'with    {"path": "a.csv"}' in text
    assert "milepost show p1 both.load --db 'x y.db'" in text
    assert "milepost history p1 --step both.load --db 'x y.db'" in text
    assert "milepost replay p1 --db 'x y.db'" in text


def test_a_plan_that_failed_by_itself_tells_why() -> None:
    assert "no such file" in told(Ending(FAILED, "sum", "milepost.db"))


def test_a_plan_that_waits_tells_the_question_and_how_to_answer() -> None:
    asking = step(
        "approve",
        status=StepStatus.SUSPENDED,
        waiting=Waiting.PERSON,
        question=Question(prompt="Pay 480?", answer_schema={"type": "boolean"}),
    )
    text = told(Ending(PAUSED, "sum", "milepost.db", asking=[asking]))

    assert "Pay 480?" in text
    assert 'answer: {"type": "boolean"}' in text
    assert "milepost answer p1 approve --value JSON" in text
    assert "--retry" not in text


def test_an_unknown_outcome_can_be_tried_again_or_given_up() -> None:
    asking = step("pay", waiting=Waiting.UNKNOWN, question=Question(prompt="Did it?"))
    text = told(Ending(PAUSED, "sum", "milepost.db", asking=[asking]))

    assert "milepost answer p1 pay --retry" in text
    assert "milepost answer p1 pay --fail" in text


def test_a_plan_that_somebody_paused_can_be_resumed() -> None:
    assert "milepost resume p1" in told(Ending(PAUSED, "sum", "milepost.db"))


def test_a_long_answer_is_cut_and_says_so() -> None:
    long = DONE.model_copy(update={"final_output": "x" * (LONGEST_OUTPUT + 5)})

    assert "(4,005 characters; --json gives all of it)" in told(Ending(long, "a", "milepost.db"))


def test_a_command_quotes_its_words_and_steers_nothing() -> None:
    assert command("milepost.db", "show", "p1", "any id; rm") == "milepost show p1 'any id; rm'"
    assert "\x1b" not in command("milepost.db", "show", "\x1b[31m")
