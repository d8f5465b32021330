"""Attacks the running platform: `python -m tests.attack [--examples N] [--transactions N]`.

Starts a platform of its own, walks the journey with marked words, and then tries what must not work.
Ends with 1 when anything broke.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.attack import contract, findings, hostile, keys, policies, privacy, rows, tenancy, webhooks
from tests.attack.findings import Attack
from tests.attack.scenario import Scenario, scenario_on

SECONDS = 240


async def attack_all(scenario: Scenario, examples: int, transactions: int, seed: int) -> list[Attack]:
    """Every attack in turn."""
    return [
        *await tenancy.attack_all(scenario),
        await policies.attack_policies(scenario),
        *await policies.attack_checks(scenario),
        await rows.attack_rows(scenario.platform.database("bookings").app_url, transactions, seed),
        await scenario.attack_answers(),
        await privacy.attack_errors(scenario),
        await privacy.attack_rosters(scenario),
        await privacy.attack_traces(scenario),
        *await contract.attack_documents(scenario, examples, SECONDS, seed),
        await keys.attack_keys(scenario),
        *await webhooks.attack_webhooks(scenario),
        *await hostile.attack_connections(scenario),
    ]


async def main(examples: int, transactions: int, seed: int) -> int:
    """Attack a platform of its own; how many attacks broke something."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="wex-attack-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with scenario_on(Path(folder) / "wex") as scenario:
            attacks = await attack_all(scenario, examples, transactions, seed)
    findings.write(attacks, findings.report_file())
    findings.show(attacks, console)
    return sum(bool(each.broken) for each in attacks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=30, help="Schemathesis' examples per operation")
    parser.add_argument("--transactions", type=int, default=20_000, help="Transactions of mixed tenants")
    parser.add_argument("--seed", type=int, default=1, help="Draws the examples and the mixture")
    given = parser.parse_args()
    sys.exit(1 if asyncio.run(main(given.examples, given.transactions, given.seed)) else 0)
