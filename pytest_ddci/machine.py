"""The machine a process runs on, as far as it says so without being asked twice."""

from __future__ import annotations

import platform

from pytest_ddci.frozen import frozen


@frozen
class Machine:
    """What the interpreter says about itself and its machine.

    Attributes:
        hostname: the machine's name in its network.
        system: the operating system, for example `Linux`.
        release: its version.
        architecture: for example `x86_64`.
        python: the interpreter's implementation, for example `CPython`.
        python_version: for example `3.12.1`.
    """

    hostname: str
    system: str
    release: str
    architecture: str
    python: str
    python_version: str

    def labels(self) -> tuple[str, ...]:
        """The machine as labels of a node, lower case."""
        found = {
            "os": self.system,
            "arch": self.architecture,
            "python": f"{self.python}-{self.python_version}",
        }
        return tuple(f"{name}:{value.lower()}" for name, value in found.items() if value)

    def tags(self) -> dict[str, str]:
        """The machine as tags, named as Datadog's tracers do."""
        found = {
            "os.platform": self.system,
            "os.version": self.release,
            "os.architecture": self.architecture,
            "runtime.name": self.python,
            "runtime.version": self.python_version,
        }
        return {name: value for name, value in found.items() if value}


def this_machine() -> Machine:
    """The machine this process runs on; asks nobody but the operating system."""
    return Machine(
        hostname=platform.node(),
        system=platform.system(),
        release=platform.release(),
        architecture=platform.machine(),
        python=platform.python_implementation(),
        python_version=platform.python_version(),
    )
