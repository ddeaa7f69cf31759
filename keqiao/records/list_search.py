"""Searching inside a list: every record that fits, however many, without making the page wait.

With few hits the index names them. With many, the page is read in the list's order and each record's
words are looked at, which finds a page of common words at once. Should the hits lie far behind in
that order, the reading is stopped and the hits are named after all.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from keqiao.records.counting import time_limit
from keqiao.records.models import SearchEntry
from keqiao.records.search_hits import index_statement, reachable_ids, reads_all_words
from keqiao.records.search_index import first_place
from keqiao.records.search_terms import Question, question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.query import ListQuery

FEW = 4_000  # naming one costs about as much as looking at one while reading in order
PATIENCE_MS = 150
# Of those whose mask hides searched fields every hit is read and judged by what they may read.
MOST_JUDGED = 2_000


class ListSearch:
    """What was typed above a list, by one person; worked out once however often it is asked."""

    def __init__(self, access: Access, declared: ObjectType, text: str) -> None:
        self.declared = declared
        self.asked = question(text)
        self.named: list[int] | None = []
        if self.asked and not reads_all_words(access, declared):
            self.named = reachable_ids(access, declared, self.asked, MOST_JUDGED)
        elif self.asked:
            found = reachable_ids(access, declared, self.asked, FEW + 1)
            self.named = found if len(found) <= FEW else None

    @property
    def is_common(self) -> bool:
        return self.named is None

    def condition(self, *, surely: bool = False) -> Q:
        """Return the condition on the list's records; `surely` takes equally long for all hits."""
        if self.named is not None:
            return Q(pk__in=self.named)
        if not surely:
            return Q(has_words(self.declared, self.asked))
        sql, params = index_statement(self.declared.key, self.asked)
        return Q(pk__in=RawSQL(sql, params))  # noqa: S611 - all values are parameters


def has_words(declared: ObjectType, asked: Question) -> Exists:
    """Return the test whether a record's own search words answer the question."""
    entries = SearchEntry.objects.filter(pk=OuterRef("pk") + first_place(declared.key))
    padded = Concat(Value(" "), F("terms"), Value(" "), output_field=TextField())
    fits = Q()
    for group in asked:
        either = Q()
        for alternative in group:
            either |= Q(*(("padded__contains", _piece(term)) for term in alternative))
        fits &= either
    return Exists(entries.alias(padded=padded).filter(fits))


def _piece(term: str) -> str:
    return f" {term[:-1]}" if term.endswith("*") else f" {term} "


@contextmanager
def patience(access: Access, query: ListQuery) -> Iterator[None]:
    """Let a page of common words be read for a moment; raises `TooSlow` when the hits lie far."""
    # Inside a transaction PostgreSQL would lose all of it with the statement that is stopped.
    is_stoppable = connection.vendor == "sqlite" or not connection.in_atomic_block
    is_tried = bool(query.search) and not query.search_surely and is_stoppable
    if is_tried and searched(access, query.object_type, query.search, query.kept).is_common:
        with time_limit(PATIENCE_MS):
            yield
    else:
        yield


def searched(access: Access, declared: ObjectType, text: str, kept: dict[str, Any]) -> ListSearch:
    """Return the search of a list's question; `kept` travels with the question from page to page."""
    found = kept.get(text)
    if found is None:
        found = kept[text] = ListSearch(access, declared, text)
    return found  # type: ignore[no-any-return]
