"""How a network learns: recipes, one fit with its checkpoints, losses, calibration, whole runs."""
