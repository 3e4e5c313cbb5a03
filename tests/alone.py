"""Scripts in processes of their own: there nobody records anything yet."""

import subprocess
import sys


def said_by(script: str, *, status: int = 0) -> str:
    """Return what *script* prints; it must end with *status*."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout
