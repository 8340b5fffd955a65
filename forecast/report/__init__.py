"""Results for readers: words and pictures from the numbers."""
