"""The program on a terminal, where somebody presses keys."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]


def on_a_terminal(arguments, keys, prompt):
    """What the program shows on a terminal on which somebody presses `keys` after `prompt`."""
    near, far = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(TOP), "TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", *arguments], stdin=far, stdout=far, stderr=far, env=environment
    )
    os.close(far)
    shown = b""
    for _ in range(600):
        if not select.select([near], [], [], 0.2)[0]:
            # What is pressed before the program listens is thrown away, so an unanswered key is pressed again.
            if prompt.encode() in shown[-len(prompt) - len(keys) - 2 :]:
                os.write(near, keys.encode())
            continue
        try:
            shown += os.read(near, 4096)
        except OSError:  # how Linux tells that the other side is closed
            break
    os.close(near)
    assert process.wait(60) == 0, shown
    return shown.decode()
