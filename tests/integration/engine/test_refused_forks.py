"""Forks with results that do not suit their steps: they are refused, and nothing is stored."""

from __future__ import annotations

import pytest

from milepost.domain.errors import ExpressionError
from milepost.testing import ScriptedTools

from .scene import Scene, plan, tool

pytestmark = pytest.mark.anyio


async def test_a_result_that_the_steps_set_cannot_read_is_refused_and_nothing_is_stored(
    scene: Scene,
) -> None:
    steps = tool("a", set={"rows": "${a.output.rows}"}), tool("b", "a")
    async with scene.engine(ScriptedTools({"a": {"rows": 1}})) as mp:
        parent = (await mp.run(plan(*steps))).plan_id
        with pytest.raises(ExpressionError, match=r"`set` of step 'a': .* there is no `rows`"):
            await mp.fork(parent, replace={"a": 5}, hold=True)
        with pytest.raises(ExpressionError, match=r"`set` of step 'a': .* there is no `rows`"):
            await mp.what_if(parent, replace={"a": 5})
        assert [one.id for one in (await mp.plans()).items] == [parent]
        assert await mp.fork(parent, replace={"a": {"rows": 2}}) != parent
