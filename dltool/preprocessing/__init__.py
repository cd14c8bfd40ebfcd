"""What stands between raw values and the network on both sides: fitted on the training rows, used at reading."""
