import sys

collect_ignore = ["test_eager.py"] if sys.version_info < (3, 12) else []
