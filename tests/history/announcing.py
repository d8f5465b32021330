"""Has the services of a running platform announce what they know, as an operator does."""

import asyncio
import os
import sys
from collections.abc import Sequence

from wex.folders import REPOSITORY
from wex.platform import Platform
from wex.processes import ProcessError

Kinds = Sequence[tuple[str, str]]
REGISTER: Kinds = [("opportunities", "organisations"), ("opportunities", "opportunities")]
# What a service copies, by the owner and the kind that tells it.
NEEDED: dict[str, Kinds] = {
    "opportunities": [("safeguarding", "assurances"), ("bookings", "places"), ("outcomes", "frameworks")],
    "bookings": [*REGISTER, ("safeguarding", "assurances")],
    "safeguarding": REGISTER,
    "outcomes": [REGISTER[1], ("bookings", "bookings"), ("bookings", "attendance")],
}
EVERYTHING: Kinds = [
    *REGISTER,
    ("safeguarding", "assurances"),
    ("bookings", "learners"),
    ("bookings", "places"),
    ("bookings", "bookings"),
    ("bookings", "attendance"),
    ("safeguarding", "clearances"),
    ("outcomes", "frameworks"),
]


async def announce(platform: Platform, kinds: Kinds = EVERYTHING) -> int:
    """Announce these kinds, all at once; how many aggregates were told."""
    answers = await asyncio.gather(
        *(ask(platform, service, "announce", "--what", what) for service, what in kinds)
    )
    return sum(int(answer.split()[1]) for answer in answers)


async def ask(platform: Platform, service: str, *arguments: str) -> str:
    """What a command of a service answers. Raises `ProcessError`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, *arguments),
        env=os.environ | platform.command(f"{service}-api").environment,
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise ProcessError(f"{service} {' '.join(arguments)}: {errors.decode()[-2000:]}{output.decode()}")
    return output.decode().strip().splitlines()[-1]
