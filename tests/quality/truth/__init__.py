"""Invented Chinese customers whose duplicates are known, to measure matching; the product never reads it."""
