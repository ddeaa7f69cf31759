"""Records keyed a second time by somebody else, blind, to know how right the first entry was."""
