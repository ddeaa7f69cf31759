"""Duplicates that were found among kept records, what people decided about them, and merging in bulk.

models    one row a pair: how alike, why, found by what, decided how
pairs     `record_pairs(found, scenario, model_version)`: the one door by which pairs are kept
deciding  `decide(access, pair_id, verdict)`: same, related or different, for ever; and taking it back
moving    pairs follow a record into the one it is merged with, decisions and all
"""
