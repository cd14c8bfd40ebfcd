"""How good answers are, how sure that is, and where they are wrong: NumPy alone, whichever network gave them."""
