"""Ports that are taken, and the sentence about who has them."""

import os
import socket

import pytest

from konsilium.config.ports import Reservation, holder, is_free, require_free
from konsilium.config.terminal import CannotGoOn


def test_taken_port_is_told_with_its_holder() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(CannotGoOn) as caught:
            require_free("127.0.0.1", port, "choose another one with --port")
    assert f"Port {port} on 127.0.0.1 is in use by" in str(caught.value)
    assert f"process {os.getpid()}" in str(caught.value)
    assert "--port" in str(caught.value)
    assert is_free("127.0.0.1", port)


def test_address_of_another_machine_is_told() -> None:
    with pytest.raises(CannotGoOn, match="no address of this machine"):
        require_free("192.0.2.1", 8000, "choose another")


def test_reserved_ports_are_nobody_elses_until_released() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert str(os.getpid()) in holder(port, socket.SOCK_DGRAM)
    first, second = Reservation(), Reservation()
    assert first.take("127.0.0.1", [port])
    assert not second.take("127.0.0.1", [port])
    first.release()
    assert not second.take("127.0.0.1", [port]), "its owner is about to open it"
    assert is_free("127.0.0.1", port, socket.SOCK_DGRAM)
    first.close()
    assert second.take("127.0.0.1", [port])
    second.close()


def test_a_reservation_holds_all_or_none() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert not Reservation().take("127.0.0.1", [port - 1, port])
        assert is_free("127.0.0.1", port - 1, socket.SOCK_DGRAM)
