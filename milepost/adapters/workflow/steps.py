"""From the steps that an author wrote to `StepSpec`s, each problem noted where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError as ModelFault

from milepost.domain.errors import ExpressionError
from milepost.domain.nearest import nearest, suggestion
from milepost.domain.quoting import quoted
from milepost.domain.steps import Case, StepKind, StepSpec
from milepost.domain.template_text import Inside, split
from milepost.domain.templates import below
from milepost.domain.validation import Problem
from milepost.domain.validation import pointer as pointer_of
from milepost.domain.validation import problems as faults_of
from milepost.domain.values import Json

from .document import Problems
from .keys import (
    CASE,
    COMMON,
    CONDITIONS,
    INTO_INPUT,
    KIND_KEYS,
    OF_KIND,
    keys_of,
    kinds_with,
)
from .strictness import loop_faults, strict_faults

_STAND_IN = StepSpec.model_validate({"id": "?", "kind": StepKind.RESPONSE, "input": {}})
"""Takes the place of a step that could not be read, so that the others can be."""
_CASE = Case(when="true", steps=(_STAND_IN,))
_ALIASES = {name: field.alias or name for name, field in StepSpec.model_fields.items()}


def read_steps(value: Json, pointer: str, problems: Problems) -> tuple[StepSpec, ...]:
    """Return the steps of a list; steps without an id are named by their place, from 1."""
    if not isinstance(value, list):
        problems.add(pointer, f"must be a list of steps, this is {quoted(value)}")
        return (_STAND_IN,)
    if not value:
        problems.add(pointer, "there are no steps", mend="write at least one")
        return (_STAND_IN,)
    ids = _ids(value)
    return tuple(
        _StepReader(item, f"{pointer}/{at}", problems).read(ids[at])
        for at, item in enumerate(value)
    )


def _ids(steps: Sequence[Json]) -> list[str]:
    """Return an id for each step's place; where a written id has taken it, a free one."""
    written = {str(step["id"]) for step in steps if isinstance(step, dict) and "id" in step}
    free = (str(number) for number in range(len(steps) + 1, 3 * len(steps) + 2))
    free = (name for name in free if name not in written)
    places = (str(number) for number in range(1, len(steps) + 1))
    return [next(free) if place in written else place for place in places]


class _StepReader:
    """Reads one step."""

    def __init__(self, value: Json, pointer: str, problems: Problems) -> None:
        self.value = value
        self.pointer = pointer
        self.problems = problems

    def read(self, place: str) -> StepSpec:
        """Return the step; a stand-in when it is not well formed."""
        if not isinstance(self.value, dict):
            self.problem("", f"a step must be an object, this is {quoted(self.value)}")
            return _STAND_IN
        kind = self.kind(self.value)
        if kind is None or not self.keys_fit(self.value, kind):
            return _STAND_IN
        fields = self.fields(self.value, kind)
        fields.setdefault("id", place)
        fields["kind"] = kind
        fields["input"] = self.input(self.value, kind)
        return self.build(fields)

    def problem(self, key: str, problem: str, *, mend: str = "") -> None:
        pointer = below(self.pointer, key) if key else self.pointer
        self.problems.add(pointer, problem, mend=mend)

    def kind(self, value: Mapping[str, Json]) -> StepKind | None:
        """Return the step's kind; a step with `tool` and nothing else said is a tool step."""
        written = [key for key in KIND_KEYS if key in value]
        if len(written) > 1:
            self.problem("kind", "`type` and `kind` are the same key", mend="keep one")
            return None
        if not written:
            if "tool" in value:
                return StepKind.TOOL_CALL
            self.problem("", "the step has no `type`", mend=_kind_mend("", value))
            return None
        word = value[written[0]]
        try:
            return StepKind(word) if isinstance(word, str) else StepKind("")
        except ValueError:
            mend = _kind_mend(str(word), value)
            self.problem(written[0], f"{quoted(word)} is no type of step", mend=mend)
            return None

    def keys_fit(self, value: Mapping[str, Json], kind: StepKind) -> bool:
        known = keys_of(kind)
        unknown = [key for key in value if key not in known]
        for key in unknown:
            others = kinds_with(key)
            problem = f"the key `{key}` is not known"
            mend = suggestion(key, known, kind="keys")
            if others:
                problem = f"a {kind.value} step has no `{key}`"
                mend = f"it belongs to steps of type {', '.join(others)}"
            self.problem(key, problem, mend=mend)
        return not unknown

    def fields(self, value: Mapping[str, Json], kind: StepKind) -> dict[str, Any]:
        """Return the fields of the spec that keys fill, containers with their steps read."""
        names = {**COMMON, **OF_KIND[kind]}
        found: dict[str, Any] = {}
        for key, item in value.items():
            if key in names and key not in KIND_KEYS and item is not None:
                found[names[key]] = self.field(key, item, kind)
        self.refuse_twins(value, names)
        return found

    def refuse_twins(self, value: Mapping[str, Json], names: Mapping[str, str]) -> None:
        """Note keys that fill the same field, of which one would be lost."""
        firsts: dict[str, str] = {}
        for key, item in value.items():
            if key in names and item is not None:
                first = firsts.setdefault(names[key], key)
                if first != key:
                    self.problem(key, f"`{first}` and `{key}` are the same key", mend="keep one")

    def field(self, key: str, item: Json, kind: StepKind) -> object:
        pointer = below(self.pointer, key)
        is_time = key == "until" and kind is StepKind.WAIT
        if key in CONDITIONS and not is_time:
            return self.condition(item, pointer)
        if key == "depends_on":
            return self.dependencies(item, pointer)
        if key == "steps":
            return read_steps(item, pointer, self.problems)
        if key == "cases" and isinstance(item, list):
            return [self.case(case, f"{pointer}/{at}") for at, case in enumerate(item)]
        return _plainly(key, item)

    def condition(self, item: Json, pointer: str) -> Json:
        """Return a condition's expression; `${…}` around it and a plain true or false are fine."""
        if isinstance(item, bool):
            return "true" if item else "false"
        if not isinstance(item, str) or "${" not in item:
            return item
        try:
            pieces = split(item.strip())
        except ExpressionError as error:
            self.problems.add_error(pointer, error)
            return "true"
        if len(pieces) == 1 and isinstance(pieces[0], Inside):
            return pieces[0].source.strip()
        return item

    def dependencies(self, item: Json, pointer: str) -> Json:
        entries = item if isinstance(item, list) else [item]
        return [
            self.dependency(entry, f"{pointer}/{at}" if isinstance(item, list) else pointer)
            for at, entry in enumerate(entries)
        ]

    def dependency(self, entry: Json, pointer: str) -> Json:
        if not isinstance(entry, dict):
            return _as_id(entry)
        found = dict(entry)
        if "step" in found:
            found["step"] = _as_id(found["step"])
        if "when" in found:
            found["when"] = self.condition(found["when"], below(pointer, "when"))
        return found

    def case(self, case: Json, pointer: str) -> Case:
        given = case if isinstance(case, dict) else {}
        if not isinstance(case, dict):
            self.problems.add(pointer, f"a case must be an object, this is {quoted(case)}")
            return _CASE
        for key in given:
            if key not in CASE:
                mend = suggestion(key, CASE, kind="keys")
                self.problems.add(below(pointer, key), f"the key `{key}` is not known", mend=mend)
        if ("when" in given and "else" in given) or given.get("else", True) is not True:
            self.problems.add(pointer, "a case has either `when` or `else: true`")
            return _CASE
        when = self.condition(given.get("when"), below(pointer, "when"))
        steps = read_steps(given.get("steps"), below(pointer, "steps"), self.problems)
        try:
            return Case.model_validate({"when": when, "steps": steps})
        except ModelFault as error:
            for fault in faults_of(Case, {"when": when}, error):
                self.problems.add_fault(pointer + fault.pointer, fault)
            return Case(steps=steps)

    def input(self, value: Mapping[str, Json], kind: StepKind) -> Json:
        """Return the input: an object; a text or another plain value goes in as `input`."""
        written = value.get("input")
        found: dict[str, Json] = {}
        if isinstance(written, dict):
            found.update(written)
        elif written is not None:
            found["input"] = written
        for key, (name, _schema) in INTO_INPUT.get(kind, {}).items():
            if key in value and name in found:
                self.problem(key, f"`{key}` stands in `input` as well", mend="keep one")
            elif key in value:
                found[name] = value[key]
        if kind is StepKind.RESPONSE and "output" in value and len(found) > 1:
            self.problem("output", "`output` is all that is answered", mend="put the rest into it")
        return found

    def build(self, fields: dict[str, Any]) -> StepSpec:
        plain = {name: item for name, item in fields.items() if name not in {"steps", "cases"}}
        named = {_ALIASES[name]: item for name, item in plain.items()}
        faults = [*strict_faults(StepSpec, named), *loop_faults(named)]
        for place, problem in faults:
            self.problems.add_fault(self.pointer + pointer_of(place), Problem(".", problem))
        if faults:
            return _STAND_IN
        try:
            return StepSpec.model_validate(fields)
        except ModelFault as error:
            for fault in faults_of(StepSpec, fields, error):
                self.problems.add_fault(self.pointer + fault.pointer, fault)
            return _STAND_IN


def _plainly(key: str, item: Json) -> Json:
    """Return an id that is a number as a text, and another call's text input as an object."""
    if key == "id":
        return _as_id(item)
    if key == "compensate":
        return _with_object(item)
    if key == "alternatives" and isinstance(item, list):
        return [_with_object(one) for one in item]
    return item


def _as_id(value: Json) -> Json:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _with_object(call: Json) -> Json:
    if not isinstance(call, dict):
        return call
    if isinstance(call.get("input"), str):
        return call | {"input": {"input": call["input"]}}
    return {key: item for key, item in call.items() if key != "input" or item is not None}


def _kind_mend(word: str, value: Mapping[str, Json]) -> str:
    meant = nearest(word, ["tool", "llm", *(kind.value for kind in StepKind)])
    if meant:
        return f"did you mean `{meant}`?"
    others = (key for key in value if key not in COMMON and not word)
    near = next((key for key in others if nearest(key, KIND_KEYS)), None)
    if near:
        return f"did you mean `type` by `{near}`?"
    return "write tool, llm, branch, parallel, sequential, loop, wait, user_input or response"
