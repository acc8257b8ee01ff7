"""What notebooks and scripts use: lakes and the results of asking them."""
