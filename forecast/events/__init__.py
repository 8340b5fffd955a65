"""Events and quantities of an election in a small language of our own: read, checked against a house, evaluated exactly."""
