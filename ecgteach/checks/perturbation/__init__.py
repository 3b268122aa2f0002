"""What a strip loses where a map points, and whether the map stays when nothing that matters changes."""
