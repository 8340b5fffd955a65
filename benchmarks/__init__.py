"""Peers and kernel side by side: the same forecast, the same tallies, every variant as strong as we can make it."""
