"""The way out: pinned addresses, names in certificates, and receivers of every kind."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.egress import client as egress_module
from integrations.egress.client import Egress
from integrations.egress.domain.destinations import Destination, UrlNotAllowed
from tests.integrations.receivers import BEHAVIOURS, receiving, status

BODY = b'{"type":"webhook.test"}'


class Names:
    """A resolver that answers, name by name and time by time, what a test says."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Wire(httpx2.AsyncBaseTransport):
    """Where connections would go; nothing is sent."""

    def __init__(self, refused: tuple[str, ...] = ()) -> None:
        self.requests: list[httpx2.Request] = []
        self.refused = refused

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self.refused:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(204, stream=httpx2.ByteStream(b""))


async def test_the_connection_goes_to_the_checked_address_in_the_names_name() -> None:
    names, wire = Names(["93.184.216.34"]), Wire()
    reply = await Egress(resolve=names, transport=wire).post("https://hooks.example.org/a?b=c", BODY, {})

    assert (reply.status_code, names.asked) == (204, ["hooks.example.org"])
    request = wire.requests[0]
    assert str(request.url) == "https://93.184.216.34/a?b=c"
    assert request.headers["host"] == "hooks.example.org"
    assert request.extensions["sni_hostname"] == "hooks.example.org"
    await Egress(resolve=Names(["2606:4700:4700::1111"]), transport=wire).post(
        "https://a.example.org/", BODY, {}
    )
    assert wire.requests[1].url.host == "2606:4700:4700::1111"


async def test_a_name_that_changes_between_check_and_attempt_gains_nothing() -> None:
    names, wire = (
        Names(["93.184.216.34"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.1"], ["127.0.0.1"]),
        Wire(),
    )
    out = Egress(resolve=names, transport=wire)
    await out.check("https://rebinding.example.org/")

    replies = [await out.post("https://rebinding.example.org/", BODY, {}) for _ in range(3)]

    assert [reply.error for reply in replies] == ["address-refused"] * 3
    assert wire.requests == []
    assert len(names.asked) == 4


async def test_each_attempt_asks_for_the_name_once() -> None:
    names, wire = Names(["93.184.216.34"], ["127.0.0.1"]), Wire()
    assert (
        await Egress(resolve=names, transport=wire).post("https://a.example.org/", BODY, {})
    ).status_code == 204
    assert len(names.asked) == 1


async def test_where_one_address_does_not_answer_the_next_is_tried() -> None:
    wire = Wire(refused=("93.184.216.34",))
    out = Egress(resolve=Names(["93.184.216.34", "1.1.1.1"]), transport=wire)
    assert (await out.post("https://a.example.org/", BODY, {})).status_code == 204
    wire.refused = ("93.184.216.34", "1.1.1.1")
    assert (await out.post("https://a.example.org/", BODY, {})).error == "connection-failed"


async def test_a_url_that_became_forbidden_is_not_sent_to() -> None:
    out = Egress(resolve=Names(["1.1.1.1"]), transport=Wire())
    assert (await out.post("http://127.0.0.1:1/", BODY, {})).error == "https-only"
    with pytest.raises(UrlNotAllowed):
        await out.check("https://localhost/")


async def test_a_name_that_leads_nowhere_is_told_as_such() -> None:
    with pytest.raises(UrlNotAllowed) as refused:
        await Egress(resolve=Names([])).check("https://a.example.org/")
    assert refused.value.facts["rule"] == "name-not-resolved"


async def test_loopback_receivers_are_answered_for_what_they_are() -> None:
    patient, hasty = Egress(allow_loopback=True), Egress(allow_loopback=True, deadline=0.5)
    async with receiving() as receiver:
        for does, answer, expected in BEHAVIOURS:
            receiver.answers = [answer]
            out = hasty if expected == (None, "timeout") else patient
            reply = await out.post(receiver.url, BODY, {"webhook-id": "x"})
            assert (reply.status_code, reply.error) == expected, does
        assert len(receiver.hooks) == len(BEHAVIOURS), "nothing was followed or sent twice"
        assert receiver.closed_early >= 1
    assert (await patient.post(receiver.url, BODY, {})).error == "connection-failed"
    await patient.close()
    await hasty.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("-5", None),
        ("soon", None),
        ("9" * 400, 10**8),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
async def test_retry_after_is_seconds_or_a_date(header: str, seconds: int | None) -> None:
    async with receiving() as receiver:
        receiver.always = status(503, Retry_After=header)
        out = Egress(allow_loopback=True)
        reply = await out.post(receiver.url, BODY, {})
        await out.close()
    assert reply.retry_after == (None if seconds is None else dt.timedelta(seconds=seconds))


async def test_a_certificate_must_be_the_names_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, client = _contexts("hooks.example.org", tmp_path)
    async with receiving(server) as receiver:

        def to_receiver(url: str, *, allow_loopback: bool = False) -> Destination:
            return Destination("https", url.split("/")[2], receiver.port, "/hooks")

        # The receiver is on this machine: what is under test is the name, not the address.
        monkeypatch.setattr(egress_module, "destination", to_receiver)
        monkeypatch.setattr(egress_module, "checked", lambda addresses, _: addresses)
        out = Egress(resolve=Names(["127.0.0.1"]), trust=client)
        assert (await out.post("https://hooks.example.org/", BODY, {})).status_code == 204
        assert receiver.hooks[0].headers["host"] == f"hooks.example.org:{receiver.port}"
        assert (await out.post("https://other.example.org/", BODY, {})).error == "tls-failed"
        strict = Egress(resolve=Names(["127.0.0.1"]))
        assert (await strict.post("https://hooks.example.org/", BODY, {})).error == "tls-failed"
        await out.close()
        await strict.close()


async def test_a_slow_name_server_is_given_up() -> None:
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    assert (
        await Egress(resolve=slow, deadline=0.2).post("https://a.example.org/", BODY, {})
    ).error == "timeout"


def _contexts(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example")])
    now = dt.datetime.now(dt.UTC)
    names: list[Any] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("10.9.8.7"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "pair.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(pem).decode())
