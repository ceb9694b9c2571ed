"""Which addresses are dialled: those that Python's own `is_global` gets wrong, and the edges of every block."""

import socket

import pytest

from node.federation.dialling import AddressRefusedError, guarded_sockets, is_dialled

REFUSED = (
    "0.0.0.0", "0.255.255.255", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1",
    "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2620:4f:8000::1",
    "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
)  # fmt: skip
DIALLED = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "172.15.255.255", "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111", "2620:4f:8001::1", "2a00::1",
    "3ffe:ffff::1", "3fff:1000::1",
)  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_not_dialled(address: str) -> None:
    assert not is_dialled(address, loopback_allowed=False)


@pytest.mark.parametrize("address", DIALLED)
def test_public_addresses_are_dialled(address: str) -> None:
    assert is_dialled(address, loopback_allowed=False)
    assert is_dialled(address, loopback_allowed=True)


@pytest.mark.parametrize("address", REFUSED)
def test_development_adds_the_loopback_addresses_and_nothing_else(address: str) -> None:
    is_loopback = address.startswith("127.") or address == "::1"

    assert is_dialled(address, loopback_allowed=True) == is_loopback


@pytest.mark.parametrize(
    "text", ["", "localhost", "2130706433", "0x7f.1", "017700000001", "127.1", "1.1.1.1 ", "fe80::1%lo"]
)
def test_what_is_no_address_is_not_dialled(text: str) -> None:
    assert not is_dialled(text, loopback_allowed=True)


def test_the_socket_factory_decides_on_the_very_address() -> None:
    open_socket = guarded_sockets(loopback_allowed=False)

    with pytest.raises(AddressRefusedError):
        open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
    with open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80))) as opened:
        assert opened.family is socket.AF_INET
