"""The run directory: the only room that knows file names."""
