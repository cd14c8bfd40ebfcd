"""What a YAML file may say, and how we say what is wrong with it."""
