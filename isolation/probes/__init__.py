"""The probes: each looks before and after an owner and tells the difference as findings."""
