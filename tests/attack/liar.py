"""The worker of `integrations`, but with name servers that lie: `python -m tests.attack.liar`.

A name like `7f000001.5db8d822.rebinding.example.org` leads to the addresses its labels hold in hex.
"""

import asyncio
from ipaddress import ip_address

from integrations.egress.client import Egress
from integrations.main import compose
from integrations.settings import Settings
from shared.runtime import serve
from shared.telemetry.logs import configure_logs

DOMAIN = "rebinding.example.org"


def name_of(*addresses: str) -> str:
    """A name that leads to these addresses."""
    return ".".join([*(ip_address(each).packed.hex() for each in addresses), DOMAIN])


async def resolve(host: str, _: int) -> list[str]:
    """The addresses within the name itself; none for a name that holds none."""
    labels = host.removesuffix(f".{DOMAIN}").split(".")
    return [str(ip_address(bytes.fromhex(label))) for label in labels] if host.endswith(DOMAIN) else []


async def main() -> None:
    """Work until told to stop."""
    settings = Settings()
    configure_logs("integrations", as_json=True)
    service = compose(settings, egress=Egress(allow_loopback=True, resolve=resolve))
    await serve(service.worker().health_app(), settings.http_host, settings.http_port)


if __name__ == "__main__":
    asyncio.run(main())
