"""A shop with a database and a bus."""
