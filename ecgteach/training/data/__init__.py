"""What networks learn from: strips gathered from recordings, simulated, compressed in time, varied and noisy."""
