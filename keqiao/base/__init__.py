"""What every part shares: clean values, safe secrets, one clock and one way out. No tables."""
