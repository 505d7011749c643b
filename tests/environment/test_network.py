"""The variables of the network are told, and no password is."""

import json

import pytest

from tltool.environment import look_at_network, look_at_variables
from tltool.environment.network import CERTIFICATES, PROXIES, STEERING


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "NO_PROXY", *map(str.lower, (*PROXIES, "NO_PROXY")), *CERTIFICATES, *STEERING):
        monkeypatch.delenv(name, raising=False)


def told() -> str:
    finding = look_at_network()
    return json.dumps([finding.found, finding.advice, finding.facts])


@pytest.mark.parametrize(
    ("proxy", "address"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://anna:s3cret@proxy.example:3128/", "http://proxy.example:3128"),
        ("anna:s3cret@proxy.example:3128", "proxy.example:3128"),
        ("socks5h://s3cret@proxy.example", "socks5h://proxy.example"),
        ("http://anna:s3%40cret@[::1]:80?token=s3cret", "http://::1:80"),
    ],
)
def test_of_a_proxy_host_and_port_are_told_and_never_who_logs_in(monkeypatch: pytest.MonkeyPatch, proxy: str, address: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert look_at_network().facts["proxies"] == {"https_proxy": address}
    assert address in told() and "anna" not in told() and "cret" not in told()


@pytest.mark.parametrize("proxy", ["http://anna:s3cret@host:port", "http://", "://s3cret", "http://[s3cret", "http://anna:s3cret/@x:1:2"])
def test_what_is_no_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert look_at_network().state == "warning" and "cret" not in told() and "http://HOST:PORT" in told()


def test_a_proxy_with_an_escape_in_it_reaches_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy\x1b]0;title.example:1")
    assert "\x1b" not in look_at_network().found


def test_certificates_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    assert "Let SSL_CERT_FILE name certificates" in look_at_network().advice


def test_without_any_all_is_well() -> None:
    assert look_at_network().found == "no proxy" and look_at_network().state == "ok"
    assert look_at_variables().found == "none set"


def test_variables_that_steer_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", "/elsewhere")
    assert look_at_variables().found == "TLTOOL_CACHE=/elsewhere"
