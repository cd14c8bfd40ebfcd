"""From a trained model to a file to deploy, metrics and predictions."""
