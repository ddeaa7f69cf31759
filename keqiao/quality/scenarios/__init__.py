"""What happens when a record looks like one that is there: at entry, in imports, from programs."""
