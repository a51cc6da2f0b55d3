"""The oracle sees what went wrong in going back: each forgery of a good record is found."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import pytest

from .invariants import violations
from .journeys import Journeys, Trial
from .ledger import Entry, read_ledger
from .record import Line, Record
from .scene import Scene

pytestmark = [pytest.mark.chaos]


@dataclass
class Tale:
    """A record and a ledger that are forged in memory."""

    record: Record
    entries: list[Entry]

    def find(self, kind: str, path: str | None = None, *, last: bool = False) -> int:
        """Return where an event of that kind stands, the first one or the last."""
        lines = self.record.lines
        places = [
            at
            for at, line in enumerate(lines)
            if line.kind == f"{kind}.v1" and path in (None, line.path)
        ]
        return places[-1 if last else 0]

    def change(self, at: int, **fields: object) -> None:
        """Give an event other fields."""
        line = self.record.lines[at]
        self.record.lines[at] = replace(line, data={**line.data, **fields})

    def drop(self, *places: int) -> None:
        """Leave events out, and hide that they were there."""
        kept = [line for at, line in enumerate(self.record.lines) if at not in places]
        self.record.lines = _numbered(kept)

    def insert(self, at: int, line: Line) -> None:
        """Put an event in, and hide that it was not there."""
        lines = self.record.lines
        self.record.lines = _numbered([*lines[:at], line, *lines[at:]])

    def body(self, change: Callable[[str], str]) -> None:
        """Write all contents otherwise."""
        for key, body in self.record.bodies.items():
            self.record.bodies[key] = json.loads(change(json.dumps(body)))


def _numbered(lines: Sequence[Line]) -> list[Line]:
    versions: dict[str, int] = {}
    found = []
    for position, line in enumerate(lines, 1):
        versions[line.stream] = versions.get(line.stream, 0) + 1
        found.append(replace(line, position=position, version=versions[line.stream]))
    return found


class Tales:
    """What good errands came to, each run once."""

    def __init__(self, journeys: Journeys, new_scene: Callable[[str], Scene]) -> None:
        self._journeys = journeys
        self._new_scene = new_scene
        self._known: dict[str, Scene] = {}

    def of(self, errand: str) -> Tale:
        if errand not in self._known:
            scene = self._journeys.scene(errand, self._new_scene(errand))
            assert Trial(errand, scene).finish() == []
            self._known[errand] = scene
        scene = self._known[errand]
        return Tale(deepcopy(scene.record()), read_ledger(scene.ledger))


@pytest.fixture(scope="module")
def tales(tmp_path_factory: pytest.TempPathFactory) -> Tales:
    folder = tmp_path_factory.mktemp("tales")
    return Tales(
        Journeys(folder / "beginnings"), lambda name: Scene.new(folder / name.replace(" ", "-"))
    )


def _undo_twice(tale: Tale) -> None:
    tale.entries.append(_undoings(tale)[-1])


def _undo_in_another_order(tale: Tale) -> None:
    first, second = _undoings(tale)[:2]
    first["key"], second["key"] = second["key"], first["key"]


def _undo_what_nobody_asked_for(tale: Tale) -> None:
    tale.entries.append({**_undoings(tale)[0], "step": "last~undo", "key": "of nobody"})


def _undoings(tale: Tale) -> list[Entry]:
    effects = [entry for entry in tale.entries if entry["what"] == "effect"]
    return [entry for entry in effects if entry["step"].endswith("~undo")]


def _choose_others(change: Callable[[list[str]], list[str]]) -> Callable[[Tale], None]:
    def forge(tale: Tale) -> None:
        at = tale.find("plan.compensation_begun")
        tale.change(at, steps=change(tale.record.lines[at].data["steps"]))

    return forge


def _undo_again(tale: Tale) -> None:
    """Begin another compensation of the same steps before the first one ends."""
    begun, ended = tale.find("plan.compensation_begun"), tale.find("plan.compensation_ended")
    tale.insert(ended, tale.record.lines[begun])


def _stop_before_the_last_is_undone(tale: Tale) -> None:
    at = tale.find("plan.compensation_begun")
    last = str(tale.record.lines[at].data["steps"][-1]) + "~undo"
    tale.drop(*(at for at, line in enumerate(tale.record.lines) if line.path == last))


def _run_again_without_a_reset(tale: Tale) -> None:
    tale.drop(tale.find("step.reset", "chain.c1"))


def _end_in_the_middle(tale: Tale) -> None:
    end = tale.record.lines[tale.find("plan.completed", last=True)]
    at = tale.find("plan.restored")
    tale.insert(at, replace(end, time=tale.record.lines[at].time))


def _skip_a_number(tale: Tale) -> None:
    tale.change(tale.find("plan.rolled_back"), number=4)


def _go_to_other_content(tale: Tale) -> None:
    line = tale.record.lines[tale.find("plan.revised")]
    tale.change(tale.find("plan.rolled_back"), content=line.data["content"])


def _take_back_too_much(tale: Tale) -> None:
    at = tale.find("plan.rolled_back") + 1
    like = tale.record.lines[tale.find("step.reset")]
    begin = tale.record.lines[tale.find("step.completed", "begin")]
    tale.insert(at, replace(like, stream=begin.stream))


def _be_cut_in_the_middle(kind: str) -> Callable[[Tale], None]:
    def forge(tale: Tale) -> None:
        begun = tale.find(kind)
        answered = next(
            at
            for at, line in enumerate(tale.record.lines)
            if at > begun and line.kind == "plan.request_answered.v1"
        )
        tale.drop(*range(begun + 2, answered + 1))

    return forge


def _restore_half(tale: Tale) -> None:
    at = tale.find("plan.restored")
    lines = tale.record.lines
    resets = [
        place
        for place in range(at, len(lines))
        if lines[place].kind == "step.reset.v1" and lines[place].path == "chain.c1"
    ]
    tale.drop(resets[0])


def _restore_another_context(tale: Tale) -> None:
    tale.change(tale.find("plan.restored"), context={"first": 3})


def _fork_without_a_step(tale: Tale) -> None:
    tale.drop(tale.find("step.adopted", "gather.car"))


def _adopt_another_result(tale: Tale) -> None:
    tale.change(tale.find("step.adopted", "gather.car"), output=206)


def _hold_another_state(tale: Tale) -> None:
    tale.body(lambda text: text.replace('"output": 205', '"output": 206'))


def _allow_fewer_attempts(tale: Tale) -> None:
    tale.body(lambda text: text.replace('"max_attempts": 4', '"max_attempts": 3'))


def _allow_fewer_steps(tale: Tale) -> None:
    tale.body(lambda text: text.replace('"max_steps": 150', '"max_steps": 12'))


FORGERIES: dict[str, tuple[str, str, Callable[[Tale], None]]] = {
    "a step is undone twice": ("fail and undo", "I3", _undo_twice),
    "steps are undone in another order": ("fail and undo", "I13", _undo_in_another_order),
    "a step is undone that nobody asked for": (
        "fail and undo",
        "I13",
        _undo_what_nobody_asked_for,
    ),
    "the order of undoing is chosen wrongly": (
        "fail and undo",
        "I13",
        _choose_others(lambda steps: [*steps[1:], steps[0]]),
    ),
    "a step is not undone": ("fail and undo", "I13", _choose_others(lambda steps: steps[1:])),
    "a step without a result is undone": (
        "fail and undo",
        "I13",
        _choose_others(lambda steps: ["answer", *steps]),
    ),
    "a compensation is begun twice": ("fail and undo", "I13", _undo_again),
    "a compensation ends too early": ("fail and undo", "I13", _stop_before_the_last_is_undone),
    "a reset is missing before a second run": ("restore", "I4", _run_again_without_a_reset),
    "a plan ends inside of an epoch": ("restore what has ended", "I4", _end_in_the_middle),
    "a revision's number is skipped": ("roll back", "I10", _skip_a_number),
    "a rollback goes elsewhere": ("roll back", "I10", _go_to_other_content),
    "a rollback takes too much back": ("undo and roll back", "I10", _take_back_too_much),
    "a rollback is made by half": ("roll back", "I10", _be_cut_in_the_middle("plan.rolled_back")),
    "a restoration is made by half": ("restore", "I10", _be_cut_in_the_middle("plan.restored")),
    "a restoration leaves a step out": ("restore", "I11", _restore_half),
    "a restoration has another context": ("restore", "I11", _restore_another_context),
    "a fork lacks a step": ("fork", "I11", _fork_without_a_step),
    "a fork adopts another result": ("fork", "I10", _adopt_another_result),
    "a snapshot holds another state": ("snapshot", "I11", _hold_another_state),
    "a step is tried too often": ("fail and undo", "I12", _allow_fewer_attempts),
    "a plan starts too many steps": ("fail and undo", "I12", _allow_fewer_steps),
}
"""What is forged in which errand's record, and the number under which it must be found."""


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_return_is_found(name: str, tales: Tales) -> None:
    errand, number, forge = FORGERIES[name]
    tale = tales.of(errand)
    assert violations(tale.record, tale.entries) == []
    forge(tale)
    found = violations(tale.record, tale.entries)
    assert any(problem.startswith(f"{number} ") for problem in found), found
