"""Callers who mean well, in a process of their own: `python -m tests.attack.neighbours URL < headers`.

They ask one after the other, some on a connection they keep and one on a new one each time, until their
input ends, and then say as JSON how long each answer took and what went wrong.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Self

import httpx2

KEPT = 3
EVERY = 0.04


@dataclass
class Told:
    """What the neighbours experienced: milliseconds of each answer, and every answer but a 200."""

    milliseconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Neighbours:
    """Neighbours of an attack: `async with Neighbours(url, headers) as them: ...`, then `them.told`."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url, self._headers = url, headers
        self.told = Told()

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attack.neighbours", self._url), stdin=pipe, stdout=pipe
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._headers).encode() + b"\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        output, _stderr = await asyncio.wait_for(self._process.communicate(b""), 30)
        self.told = Told(**json.loads(output))


async def _ask(http: httpx2.AsyncClient, url: str, headers: dict[str, str], told: Told) -> None:
    began = time.monotonic()
    try:
        status = (await http.get(url, headers=headers)).status_code
    except httpx2.HTTPError as error:
        told.wrong.append(type(error).__name__)
    else:
        told.milliseconds.append((time.monotonic() - began) * 1000)
        if status != 200:
            told.wrong.append(str(status))
    await asyncio.sleep(EVERY)


async def _main(url: str) -> None:
    headers = json.loads(sys.stdin.readline())
    told, over = Told(), asyncio.create_task(asyncio.to_thread(sys.stdin.read))

    async def keep_asking(limits: httpx2.Limits) -> None:
        async with httpx2.AsyncClient(timeout=20, limits=limits) as http:
            while not over.done():
                await _ask(http, url, headers, told)

    kept = [httpx2.Limits(max_connections=1)] * KEPT
    await asyncio.gather(
        *(keep_asking(limits) for limits in [*kept, httpx2.Limits(max_keepalive_connections=0)])
    )
    print(json.dumps(vars(told)))  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
