"""The scripts that dltool replaces, as a person writes them by hand; each prints one line of JSON."""
