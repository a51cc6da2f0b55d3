"""The four tests that the seed document asks for by name, and the rows beside them."""

import pytest

from milepost.domain.builder import PlanBuilder
from milepost.domain.errors import DependencyError
from milepost.domain.plans import OrchestrationType
from milepost.domain.steps import Dependency, DependencyType, StepKind, StepSpec

from .made import container, plan, step


def test_plan_should_validate_execution_order() -> None:
    first = StepSpec(id="1", kind=StepKind.LLM_CALL, input={})
    second = step("2", "1")

    plan(first, second).validate_execution_order()

    with pytest.raises(DependencyError, match="circle: 1 -> 2 -> 1"):
        plan(step("1", "2"), second).validate_execution_order()


def test_plan_should_detect_invalid_dependencies() -> None:
    invalid = plan(StepSpec(id="1", kind=StepKind.LLM_CALL, input={}, depends_on=("99",)))

    with pytest.raises(DependencyError, match="'99', which does not exist") as caught:
        invalid.validate_execution_order()

    assert caught.value.ids == ("99",)


def test_get_executable_steps_should_return_ready_steps() -> None:
    three = plan(
        StepSpec(id="1", kind=StepKind.LLM_CALL, input={}),
        step("2", "1"),
        StepSpec(id="3", kind=StepKind.LLM_CALL, input={}),
    )

    assert [ready.id for ready in three.executable_steps()] == ["1", "3"]
    assert [ready.id for ready in three.executable_steps({"1"})] == ["2", "3"]
    assert three.executable_steps({"1", "2", "3"}) == []


def test_plan_builder_should_create_valid_plan() -> None:
    built = (
        PlanBuilder()
        .with_id("builder-plan")
        .with_name("Test Plan")
        .with_type(OrchestrationType.PLANNER)
        .add_llm_step("Generate summary")
        .add_tool_step("calculator", {"operation": "add"})
        .with_context("user", "test-user")
        .build()
    )

    assert built.id == "builder-plan"
    assert built.name == "Test Plan"
    assert built.type is OrchestrationType.PLANNER
    assert [made.input for made in built.steps] == [
        {"prompt": "Generate summary"},
        {"operation": "add"},
    ]
    assert built.steps[1].tool == "calculator"
    assert built.context["user"] == "test-user"


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ((step("a"), step("a")), ("a",)),
        ((step("a", "a"),), ("a",)),
        ((step("a", "c"), step("b", "a"), step("c", "b")), ("a", "c", "b", "a")),
        ((container("p", step("x", "nowhere")),), ("nowhere",)),
    ],
    ids=["doubled", "own", "cyclic", "missing inside a container"],
)
def test_a_faulty_dependency_is_refused_with_the_ids(
    steps: tuple[StepSpec, ...], ids: tuple[str, ...]
) -> None:
    with pytest.raises(DependencyError) as caught:
        plan(*steps).validate_execution_order()

    found = caught.value.ids
    cycles = [ids[start:-1] + ids[:start] + ids[start : start + 1] for start in range(len(ids) - 1)]
    assert found == ids or found in cycles


def test_a_step_with_an_edge_that_may_overlap_is_executable_at_once() -> None:
    edge = Dependency(step="a", type=DependencyType.PARALLEL)

    assert [ready.id for ready in plan(step("a"), step("b", edge)).executable_steps()] == ["a", "b"]
