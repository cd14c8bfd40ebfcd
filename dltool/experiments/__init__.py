"""One sweep file, or a list of configs -> many runs."""
