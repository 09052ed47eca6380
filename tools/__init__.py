"""What `make` calls: standard library only, because it runs before anything is installed."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def state_folder() -> Path:
    """Where everything lives that the portal writes: STATE_DIR, or var/ in the checkout."""
    return Path(os.environ.get("STATE_DIR") or ROOT / "var").absolute()
