"""Train, evaluate and use neural networks from one YAML file."""
