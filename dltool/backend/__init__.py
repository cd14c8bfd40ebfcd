"""TensorFlow, started as this tool needs it, and examples on its device; what every other room with TensorFlow shares."""
