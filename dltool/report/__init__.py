"""Pages and pictures: what is opened in a browser."""
