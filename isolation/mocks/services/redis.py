"""redis."""

ROWS: dict[str, str] = {}
