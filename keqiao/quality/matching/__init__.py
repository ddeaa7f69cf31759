"""Finds records of the same customer: one model, weighed at entry, in batches and in lists.

columns     what the columns of a list hold, by name and content
normal      rows to records of key forms (`keqiao.quality.forms`), with the words of longer texts
model       comparisons, weights, frequent values, vetoes, threshold; kept as JSON with a version
conditions  the questions a comparison asks, in Python, DuckDB and Spark
recipes     the hand-set model of day one
scorer      one pair in Python: `Scorer(model).score(a, b) -> Scored`
blocking    which pairs are looked at; blocks that explode are refused and named
batch       a whole list in DuckDB
learning    weights learned from the list itself, without labels
clusters    pairs to groups, with pairs that must stay apart
run         `match_tables(left, right)`: all of it
reasons     why, in words
"""
