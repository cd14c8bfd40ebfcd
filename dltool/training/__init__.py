"""The compiled loop, and what it yields."""
