"""aiokafka."""

ROWS: dict[str, str] = {}
