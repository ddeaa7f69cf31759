"""Entered data that a second person looks at before it counts."""
