"""The suites below are replayed by `tests/test_documentation.py`, each with its own configuration."""

from pathlib import Path

# The directories as a whole: pytest would import the conftest.py in them before it looks at a file.
collect_ignore = [path.name for path in Path(__file__).parent.iterdir() if path.is_dir()]
