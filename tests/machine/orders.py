"""A process of its own that takes orders: a line of JSON in is one, a line of JSON out says what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Orders:
    """The process that runs `script`, of this folder, until it is closed."""

    def __init__(self, script: str) -> None:
        environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def order(self, **order: Any) -> dict[str, Any]:
        """Give an order, and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        """There is no more to do."""
        self.process.communicate()
