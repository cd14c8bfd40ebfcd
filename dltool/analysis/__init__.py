"""What is read off many runs: listed, compared, repeated."""
