"""What the rooms hand to one another: what is known of data, data, plans, events, and what a model file says."""
