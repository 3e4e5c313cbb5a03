"""A small chat service: rooms over WebSockets, a store in SQLite, a history in git."""
