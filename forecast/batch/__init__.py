"""Many forecasts from one document: run here or on a cluster, interrupted at will, resumed without loss."""
