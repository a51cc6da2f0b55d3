"""The one connection that writes a store file: transactions of whole batches.

A batch is first written flat. If that fails for a reason of one piece of work, the batch is
written again with a savepoint for each, and only the culprits are refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from milepost.domain.errors import MilepostError, StoreBusyError, StoreError

from .connections import connect, set_busy_timeout
from .gate import Gate
from .inline import InlineRows
from .transaction import Head, LogTransaction
from .translation import concerns_all, leaves_doubt, store_error, translated
from .wal import Wal
from .work import SaveWork, Work

Outcome: TypeAlias = int | MilepostError
"""What became of one piece of work: its number, or why it was refused."""


class Writer:
    """Begins and ends transactions under the gate; at most one is open."""

    def __init__(
        self,
        path: Path,
        gate: Gate,
        wal: Wal,
        *,
        owner: str,
        inline: InlineRows,
        busy_timeout: float,
    ) -> None:
        self._path = path
        self._gate = gate
        self._wal = wal
        self._owner = owner
        self._inline = inline
        self._busy_timeout = busy_timeout
        self._head = Head()
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    def try_begin(self) -> bool:
        """Open a transaction if that needs no waiting; raise `StoreError` if it cannot be."""
        if not self._gate.try_enter():
            return False
        try:
            self._begin()
        except StoreBusyError:
            self._gate.leave()
            return False
        except BaseException:
            self._gate.leave()
            raise
        return True

    def begin(self) -> None:
        """Wait in line and open a transaction; raise `StoreError` if it cannot be."""
        with translated(self._path):
            self._gate.enter()
        try:
            self._begin(patience=self._busy_timeout)
        except BaseException:
            self._gate.leave()
            raise

    def finish(self, batch: Sequence[Work]) -> list[Outcome]:
        """Carry the batch out in the open transaction, commit, and say what became of each."""
        try:
            return self._carry_out(batch)
        except sqlite3.Error as error:
            self._abandon(error)
            return [_refusal(error, self._path) for _work in batch]
        except BaseException:
            self._abandon(None)
            raise
        finally:
            self._gate.leave()

    def upkeep(self) -> Iterator[Callable[[], None]]:
        """Yield what the last commits made due; it may take a while, so do it elsewhere."""
        if self._wal.checkpoint_is_due:
            yield self.checkpoint
        if self._wal.reserving_is_due:
            yield self.reserve

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file; a failure is left to the next commit."""
        with self._gate.entered(), suppress(sqlite3.Error):
            self._wal.checkpoint(self._opened())

    def reserve(self) -> None:
        """Make the write-ahead log's file longer; while another program writes it is left to later.

        SQLite's own lock keeps those out who know no gate: their frames would be written over.
        """
        with self._gate.entered(), suppress(sqlite3.Error):
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._wal.reserve()
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the gate and a transaction that the block fills; what is known is forgotten.

        Another program that holds the file is waited for.
        """
        with self._gate.entered():
            connection = self._opened(busy_timeout=self._busy_timeout)
            set_busy_timeout(connection, self._busy_timeout)
            self._head.forget()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            set_busy_timeout(connection, 0)

    @contextmanager
    def exclusive(self) -> Iterator[sqlite3.Connection]:
        """Hold the gate and the connection without a transaction; what is known is forgotten."""
        with self._gate.entered():
            self._head.forget()
            yield self._opened()

    def close(self) -> None:
        """Close the connection, under the gate because closing may write."""
        with self._gate.entered():
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _begin(self, *, patience: float = 0) -> None:
        try:
            connection = self._opened()
            if patience:
                set_busy_timeout(connection, patience)
            connection.execute("BEGIN IMMEDIATE")
            if patience:
                set_busy_timeout(connection, 0)
            self._head.refresh(connection)
        except sqlite3.Error as error:
            self._abandon(error)
            raise store_error(error, self._path) from error

    def _carry_out(self, batch: Sequence[Work]) -> list[Outcome]:
        connection = self._opened()
        outcomes = self._flat(batch)
        if outcomes is None:
            connection.execute("ROLLBACK")
            self._head.forget()
            connection.execute("BEGIN IMMEDIATE")
            self._head.refresh(connection)
            outcomes = [self._isolated(work) for work in batch]
        connection.execute("COMMIT")
        saves = [work for work in batch if isinstance(work, SaveWork)]
        self._wal.note(
            plans=len({work.save.plan for work in saves}),
            size=sum([work.weight for work in saves]),
        )
        return outcomes

    def _flat(self, batch: Sequence[Work]) -> list[Outcome] | None:
        transaction = self._transaction()
        outcomes = [_admitted(work, transaction) for work in batch]
        try:
            transaction.flush()
        except Exception as error:
            if concerns_all(error):
                raise
            return None
        return outcomes

    def _isolated(self, work: Work) -> Outcome:
        connection, head = self._opened(), self._head
        position, time = head.position, head.time
        connection.execute("SAVEPOINT one")
        transaction = self._transaction()
        outcome = _admitted(work, transaction)
        try:
            transaction.flush()
        except Exception as error:
            if concerns_all(error):
                raise
            connection.execute("ROLLBACK TO one")
            head.forget_rows()
            head.position, head.time = position, time
            outcome = _refusal(error, self._path)
        connection.execute("RELEASE one")
        return outcome

    def _transaction(self) -> LogTransaction:
        return LogTransaction(self._opened(), self._head, owner=self._owner, inline=self._inline)

    def _opened(self, *, busy_timeout: float = 0) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self._path}: the store is closed; open it again to save")
        if self._connection is None:
            self._connection = connect(self._path, busy_timeout=busy_timeout)
            self._head.forget()
        return self._connection

    def _abandon(self, error: sqlite3.Error | None) -> None:
        """Undo what is open; a connection in doubt is closed, and the next one asks the file."""
        self._head.forget()
        connection = self._connection
        if connection is None:
            return
        if error is not None and leaves_doubt(error):
            self._connection = None
            with suppress(sqlite3.Error):  # the error that brought us here is the one to report
                connection.close()
        else:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            set_busy_timeout(connection, 0)


def _refusal(error: Exception, path: Path) -> MilepostError:
    """Return the domain's error for what kept one piece of work from being done."""
    if isinstance(error, MilepostError):
        return error
    if isinstance(error, sqlite3.Error):
        refusal = store_error(error, path)
    else:
        refusal = StoreError(f"{path}: the rows of these events could not be made ({error!r})")
    refusal.__cause__ = error
    return refusal


def _admitted(work: Work, transaction: LogTransaction) -> Outcome:
    try:
        return work.admit(transaction)
    except MilepostError as refusal:
        return refusal
