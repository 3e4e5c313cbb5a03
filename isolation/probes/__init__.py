"""The probes: each looks before and after an owner and tells the difference as findings."""

from collections.abc import Callable, Mapping

from isolation.probes._protocol import LoopProbe, Probe
from isolation.probes._scene import Scene
from isolation.probes.descriptors import DescriptorsProbe
from isolation.probes.loops import LoopsProbe
from isolation.probes.memory import MemoryProbe
from isolation.probes.processes import ProcessesProbe
from isolation.probes.tasks import TasksProbe
from isolation.probes.threads import ThreadsProbe

LeakProbe = TasksProbe | LoopsProbe | ThreadsProbe | ProcessesProbe | DescriptorsProbe | MemoryProbe

PROBES: Mapping[str, Callable[[Scene], LeakProbe]] = {
    # In the order of looking and of ending: what a task holds goes with the task.
    "tasks": TasksProbe,
    "loops": LoopsProbe,
    "threads": ThreadsProbe,
    "processes": ProcessesProbe,
    "descriptors": DescriptorsProbe,
    "memory": MemoryProbe,
}

__all__ = ["PROBES", "LeakProbe", "LoopProbe", "Probe", "Scene"]
