"""One desk for everything about data that waits for a decision, worked through by keyboard."""
