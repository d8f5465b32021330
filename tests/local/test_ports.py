"""Ports: the usual ones where free, others where not."""

import os
import socket

from wex.ports import USUAL_PORTS, choose_ports, free_port, is_free, listens, moved


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_who_listens_is_known() -> None:
    port = free_port()
    assert not listens(os.getpid(), port)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        assert not listens(os.getpid(), port)
        listener.listen()
        assert listens(os.getpid(), port)
        assert not listens(os.getppid(), port)


def test_free_ports_differ_from_those_given_out() -> None:
    taken = {free_port() for _ in range(20)}
    assert free_port(taken) not in taken


def test_a_taken_usual_port_is_replaced_and_named() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()
        taken = listener.getsockname()[1]
        ports = choose_ports({**USUAL_PORTS, "kafka": taken})
        assert ports["kafka"] != taken
        assert is_free(ports["kafka"])
        assert "kafka" in moved(ports)


def test_every_process_has_a_port_of_its_own() -> None:
    ports = choose_ports({})
    assert set(ports) == set(USUAL_PORTS)
    assert len(set(ports.values())) == len(ports)
