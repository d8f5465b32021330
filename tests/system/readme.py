"""README.md's examples, taken from the file as it stands and run against a platform."""

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from wex.platform import Platform
from wex.ports import SERVICES, USUAL_PORTS

CURL = Path(__file__).with_name("curl.py")
COMMAND = re.compile(r"^(?:[A-Z]+=\$\()?(?:curl|\.venv/bin/wex) ", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What one request of an example was answered."""

    request: str
    status: int
    content: str

    @property
    def found(self) -> bool:
        """Whether it is a success that holds something."""
        content = json.loads(self.content) if self.content else {}
        return 200 <= self.status < 300 and bool(content.get("items", content))


def examples(text: str) -> list[str]:
    """The fenced blocks that hold a command of curl or wex."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if COMMAND.search(block)]


def placed(example: str, platform: Platform) -> str:
    """The example with this platform's addresses in place of the usual ones."""
    for service in SERVICES:
        usual = f"http://127.0.0.1:{USUAL_PORTS[f'{service}-api']}"
        example = example.replace(usual, platform.api(service))
    return example


def checkout(folder: Path, platform: Platform) -> None:
    """A folder that looks like the checkout an example is pasted in, with a curl of ours before others."""
    (folder / "bin").mkdir(parents=True)
    (folder / ".wex").symlink_to(platform.folders.state)
    (folder / ".venv").symlink_to(sys.prefix)
    stand_in = folder / "bin" / "curl"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CURL}" "$@"\n')
    stand_in.chmod(0o755)


async def answers_to(example: str, platform: Platform, folder: Path) -> list[Answer]:
    """Run one example in a shell, as a stranger pastes it; the answers to its requests."""
    checkout(folder, platform)
    kept = folder / "answers"
    environment = os.environ | {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "CURL_ANSWERS": str(kept),
        "WEX_STATE": str(platform.folders.state),
    }
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", placed(example, platform), env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, f"{example}\nends with {process.returncode}:\n{output.decode()}"
    return [Answer(**json.loads(line)) for line in kept.read_text().splitlines()]
