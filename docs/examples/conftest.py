"""The suites below are replayed by `tests/test_documentation.py`, each with its own configuration."""

collect_ignore_glob = ["*/*"]
