"""websockets."""

ROWS: dict[str, str] = {}
