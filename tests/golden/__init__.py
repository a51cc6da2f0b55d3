"""Golden logs: what each released version wrote, and what it read from it.

A folder per version holds a store (`plans.db`), each plan's export (`exports/*.jsonl`) and the
views that were read (`views.json`). Every version must read them all, and read the same.

    python -m tests.golden          # writes the folder of this version; it must not be there yet

A folder is never written again once its version is released: what it holds is the promise.
"""
