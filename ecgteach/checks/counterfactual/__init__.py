"""One change to a strip, and what the answer makes of it: edits of a simulated heart, and rate alone."""
