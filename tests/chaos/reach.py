"""Which steps follow from running some of them again, found without the product's help."""

from collections.abc import Collection

from .folding import UNDO
from .written import Written, container_of


def reached(written: Written, paths: Collection[str], seeds: Collection[str]) -> set[str]:
    """Return the seeds and what follows from them: who reads from them, lies in or around them."""
    whole, around = {path for path in seeds if path in paths}, set[str]()
    known = [path for path in paths if written.is_there(path) and not path.endswith(UNDO)]
    sources = {path: written.sources(path) for path in known}
    size = -1
    while size != len(whole) + len(around):
        size = len(whole) + len(around)
        context = any(written.writes_context(path) for path in whole if written.is_there(path))
        for path in known:
            owner = container_of(path)
            reads = context and written.reads_context(path)
            if owner in whole or reads or sources[path] & (whole | around):
                whole.add(path)
            if owner is not None and path in whole | around:
                around.add(owner)
    return whole | around


def rewritten(before: Written, after: Written, paths: Collection[str]) -> set[str]:
    """Return the steps that two contents do not write alike, and what has other children."""
    found = set()
    for path in paths:
        if not (before.is_there(path) and after.is_there(path)):
            around = container_of(path)
            found |= {path} if around is None else {path, around}
        elif before.own(path) != after.own(path) or before.names(path) != after.names(path):
            found.add(path)
    return found
