"""The voters: polls, pooling, and the joint distribution of votes. Shares are floats in [0, 1]."""
