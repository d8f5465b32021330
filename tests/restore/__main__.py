"""`python -m tests.restore [--service bookings] [--seed N] [--seconds S]`: the restore drill, in one table.

Ends with 0 where all services agree afterwards, and names each difference otherwise.
"""

import argparse
import asyncio
import sys

from rich.console import Console
from rich.table import Table

from tests.faults.reading import SERVICES
from tests.restore.drill import Drilled, drill


def show(console: Console, drilled: Drilled) -> None:
    """What was lost, what others were told, how long it took, and in what the services were compared."""
    lost = drilled.lost
    story = Table("", "", title=f"{lost.service} was restored to {lost.moment:%H:%M:%S}", show_header=False)
    story.add_row("committed after the moment, and lost", _words(lost.events) or "no events")
    story.add_row("", f"{lost.requests} requests answered, {lost.messages} messages of others taken")
    story.add_row("others were told it is over", _words(lost.aggregates) or "nothing")
    story.add_row("`restored`", lost.told[-1])
    story.add_row("seconds from the loss", ", ".join(f"{n} {s:.1f}" for n, s in lost.seconds.items()))
    story.add_row(f"longest without an answer of {lost.service}", f"{drilled.outage:.1f} s")
    story.add_row("clients were told meanwhile", _words(drilled.clients_saw))
    compared = Table("compared", "between", "things", "differences")
    for each in drilled.compared:
        found = f"[red]{len(each.differences)}" if each.differences else "0"
        compared.add_row(each.what, each.between, str(each.things or ""), found)
    console.print(story)
    console.print(compared)
    for difference in drilled.differences:
        console.print(difference, style="red", highlight=False)


def agree(all_done: list[Drilled]) -> bool:
    """Whether services were compared after every drill, and agree."""
    return all(done.compared and not done.differences for done in all_done)


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--service", action="append", choices=SERVICES, help="Whose server is lost; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=1, help="Draws what people do")
    parser.add_argument("--seconds", type=float, default=60, help="How much work is lost")
    parser.add_argument("--plant", default="", help="SQL carried out in outcomes before the comparison")
    arguments = parser.parse_args()
    screen, all_done = Console(), list[Drilled]()
    for service in arguments.service or ["bookings"]:
        done = asyncio.run(drill(service, arguments.seed, arguments.seconds, screen.print, arguments.plant))
        show(screen, done)
        all_done.append(done)
    sys.exit(not agree(all_done))
