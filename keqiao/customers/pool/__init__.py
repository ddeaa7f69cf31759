"""The pool (公海): customers and leads nobody looks after, and how they come there and leave again."""
