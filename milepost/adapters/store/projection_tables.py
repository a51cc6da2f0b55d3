"""The tables of the inline projections: pointers into the log, rebuilt from it at any time."""

from __future__ import annotations

NAMES = (
    "contents",
    "content_labels",
    "plans",
    "plan_revisions",
    "plan_states",
    "plan_labels",
    "history",
    "steps",
    "workflows",
)
TABLES = (
    """CREATE TABLE history (
         plan_no INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL,
         PRIMARY KEY (plan_no, position)) WITHOUT ROWID""",
    """CREATE TABLE steps (
         plan_no INTEGER NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
         attempt INTEGER NOT NULL, activation INTEGER NOT NULL,
         started INTEGER, ended INTEGER, last INTEGER NOT NULL,
         PRIMARY KEY (plan_no, path)) WITHOUT ROWID""",
    """CREATE TABLE plans (
         plan_no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content_no INTEGER NOT NULL,
         revision INTEGER NOT NULL DEFAULT 1, trace TEXT, status INTEGER NOT NULL,
         started INTEGER, ended INTEGER, last INTEGER NOT NULL, steps INTEGER NOT NULL,
         active INTEGER NOT NULL DEFAULT 0, completed INTEGER NOT NULL DEFAULT 0,
         failed INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
         cancelled INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX plans_by_status ON plans (status)",
    """CREATE TABLE plan_revisions (
         plan_no INTEGER NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL,
         content_no INTEGER NOT NULL, PRIMARY KEY (plan_no, number)) WITHOUT ROWID""",
    """CREATE TABLE plan_states (
         plan_no INTEGER NOT NULL, position INTEGER NOT NULL, status INTEGER NOT NULL,
         PRIMARY KEY (plan_no, position)) WITHOUT ROWID""",
    """CREATE TABLE plan_labels (
         label INTEGER NOT NULL, word TEXT NOT NULL, plan_no INTEGER NOT NULL,
         position INTEGER NOT NULL, PRIMARY KEY (label, word, plan_no)) WITHOUT ROWID""",
    """CREATE TABLE contents (
         content_no INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, steps INTEGER NOT NULL,
         loops TEXT)""",
    """CREATE TABLE content_labels (
         label INTEGER NOT NULL, word TEXT NOT NULL, content_no INTEGER NOT NULL,
         PRIMARY KEY (label, word, content_no)) WITHOUT ROWID""",
    """CREATE TABLE workflows (
         stream TEXT NOT NULL, version TEXT NOT NULL, content BLOB NOT NULL,
         published INTEGER NOT NULL, retired INTEGER, PRIMARY KEY (stream, version)
         ) WITHOUT ROWID""",
)
"""Statements that create the tables.

A plan's number is the position of its draft, a content's that of the first event with it. Plans
that have only one revision have no row for it.
"""
