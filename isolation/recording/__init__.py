"""Notes who makes what, and where, at the moment it is made.

Nothing is judged here; the probes do that.  Everything recorded is held weakly.
"""
