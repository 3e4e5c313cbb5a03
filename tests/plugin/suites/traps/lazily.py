"""A module that is imported by a test and makes at import what others make at start-up."""

import threading
import xmlrpc.server  # noqa: F401 - half of the standard library comes with it
from concurrent.futures import ThreadPoolExecutor

LOCAL = threading.local()
POOL = ThreadPoolExecutor(max_workers=1)
