"""What routes ask for."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request

from opportunities.application.queries import Register


async def _register(request: Request) -> Register:
    register: Register = request.app.state.runtime.reads
    return register


async def _today(request: Request) -> date:
    today: date = request.app.state.runtime.clock.today()
    return today


FromRegister = Annotated[Register, Depends(_register)]
Today = Annotated[date, Depends(_today)]
