"""Services: what they are called, and the class of the project that the mock of each stands for."""

import sys
from enum import StrEnum
from importlib import import_module

from isolation._errors import SettingsError


class ServiceType(StrEnum):
    """A service that has a fixture of its own; each is equal to its name, such as ``"kafka"``."""

    KAFKA = "kafka"
    POSTGRES = "postgres"
    REDIS = "redis"
    WEBSOCKET = "websocket"
    HTTP = "http"
    WORKFLOW_COORDINATOR = "workflow_coordinator"


def load_class(path: str, place: str) -> type:
    """Return the class at *path*, ``package.module:attribute``, importing its module.

    Args:
        path: Where the class is.
        place: Where *path* was set, for the message.

    Raises:
        SettingsError: If there is none; the message has *place*, *path* and the nearest name.
    """
    __tracebackhide__ = True
    module, _, attribute = path.partition(":")
    found: object = sys.modules.get(module)
    if found is None:
        from isolation.mocks._paths import check_path  # noqa: PLC0415 - once for each module

        check_path(path, place)
        try:
            found = import_module(module)
        except ImportError as failure:
            raise SettingsError(f"cannot import {module!r}, which {place} names in {path!r}: {failure}") from failure
    for name in attribute.split("."):
        if not hasattr(found, name):
            from isolation.mocks._paths import unknown  # noqa: PLC0415 - only for somebody who is wrong

            raise unknown(f"attribute of {_name_of(found)}", name, dir(found), path, place)
        found = getattr(found, name)
    if not isinstance(found, type):
        advice = f"; bind its class, {type(found).__name__}" if type(found).__module__ != "builtins" else ""
        raise SettingsError(f"{path!r} of {place} is no class, but {found!r:.80}{advice}")
    return found


def _name_of(found: object) -> str:
    return str(getattr(found, "__name__", type(found).__name__))
