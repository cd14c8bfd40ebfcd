"""What every room with TensorFlow shares: starting it as this tool needs it, and examples on its device."""
