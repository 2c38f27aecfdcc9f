"""Writing the index: sheets become documents, Whoosh lays them down as arrays, a generation is sealed."""
