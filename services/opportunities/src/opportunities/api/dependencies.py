"""What routes ask for."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request

from opportunities.application.queries import Register
from shared.http.reads import reads_for


async def _today(request: Request) -> date:
    today: date = request.app.state.runtime.clock.today()
    return today


FromRegister = Annotated[Register, reads_for(Register)]
Today = Annotated[date, Depends(_today)]
