"""Numbers, tables and sentences as a person reads them: plain text, for the terminal and the pages alike."""
