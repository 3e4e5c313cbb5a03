"""Private names of other projects behind which they keep state of the process; see `isolation._compatibility`.

Checked with CPython 3.11.7, 3.12.1 and 3.13.0, and pytest 8.4 and 9.2; `tests/test_compatibility_state.py` fails as
soon as one of these changes.
"""

import sys
from types import CodeType, FrameType

WARNING_SHOWERS = ("showwarning", "_showwarnmsg_impl")
"""What `warnings.catch_warnings` puts back besides the filters."""


def undoes_warnings() -> bool | None:
    """Tell whether pytest puts warnings filters back after the test that runs now; None if none runs."""
    wrapper = getattr(sys.modules.get("_pytest.warnings"), "pytest_runtest_protocol", None)
    code: CodeType | None = getattr(wrapper, "__code__", None)
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented
    while frame is not None:
        if frame.f_code.co_name == "_multicall" and frame.f_locals.get("hook_name") == "pytest_runtest_protocol":
            return any(getattr(each, "gi_code", None) is code for each in frame.f_locals.get("teardowns", ()))
        frame = frame.f_back
    return None
