"""Which addresses are public."""

import pytest

from milepost.adapters.tools.addresses import is_public, permitted_addresses
from milepost.domain.errors import ExecutionError


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse, not to bind
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "localhost",
        "",
    ],
)
def test_an_address_that_is_not_public_is_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::",
    ],
)
def test_a_public_address_is_told_apart(address: str) -> None:
    assert is_public(address)


async def answers(addresses: list[str], *, allow_private: bool = False) -> list[str]:
    async def resolver(_host: str, _port: int) -> list[str]:
        return addresses

    return await permitted_addresses("h", 80, resolver=resolver, allow_private=allow_private)


async def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    assert await answers(["8.8.8.8", "1.1.1.1"]) == ["8.8.8.8", "1.1.1.1"]
    with pytest.raises(ExecutionError) as caught:
        await answers(["8.8.8.8", "10.0.0.1"])
    assert (caught.value.code, caught.value.retryable) == ("forbidden", False)


async def test_private_addresses_pass_when_allowed() -> None:
    assert await answers(["10.0.0.1"], allow_private=True) == ["10.0.0.1"]


async def test_a_host_without_an_address_is_unreachable() -> None:
    with pytest.raises(ExecutionError) as caught:
        await answers([])
    assert caught.value.code == "unreachable"
