"""What routes ask for."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request

from opportunities.application.queries import Register
from shared.http.paging import Pager


async def _register(request: Request) -> Register:
    register: Register = request.app.state.runtime.reads
    return register


async def _pager(request: Request) -> Pager:
    pager: Pager = request.app.state.runtime.pager
    return pager


async def _today(request: Request) -> date:
    today: date = request.app.state.runtime.clock.today()
    return today


FromRegister = Annotated[Register, Depends(_register)]
Paging = Annotated[Pager, Depends(_pager)]
Today = Annotated[date, Depends(_today)]
