"""One sweep file, or a list of configs, becomes many runs."""
