"""Forecasts of elections that are over, from what was known before them: made, learned from, and scored."""
