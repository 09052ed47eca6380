"""Starts the programs that read what strangers have sent, each alone and without anything of the portal."""

import subprocess
import sys
from types import ModuleType


def run(program: ModuleType, *arguments: object, content: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    """What it writes about `content`; it gets no environment and no search path. TimeoutExpired as of subprocess."""
    command = [sys.executable, "-I", str(program.__file__), *map(str, arguments)]
    return subprocess.run(command, input=content, capture_output=True, env={}, timeout=seconds, check=False)
