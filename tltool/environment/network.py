"""The variables that decide how something is downloaded, and those that steer tltool and what it stands on. Nothing is downloaded."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from tltool.environment.findings import Finding
from tltool.wording import counted, shown

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
STEERING = (
    "TLTOOL_CACHE",
    "TLTOOL_CACHE_GB",
    "KERAS_HOME",
    "KERAS_BACKEND",
    "TFHUB_CACHE_DIR",
    "XDG_CACHE_HOME",
    "TMPDIR",
    "CUDA_VISIBLE_DEVICES",
    "LD_LIBRARY_PATH",
    "XLA_FLAGS",
    "TF_XLA_FLAGS",
    "TF_ENABLE_ONEDNN_OPTS",
    "OMP_NUM_THREADS",
)


def look_at_network() -> Finding:
    """Proxies, of which host and port are told and never who logs in, and certificates."""
    proxies = {name: _address(os.environ[name]) for name in _set(PROXIES)}
    certificates = {name: os.environ[name] for name in CERTIFICATES if os.environ.get(name)}
    exceptions = sum(len(os.environ[name].split(",")) for name in _set(("NO_PROXY",)))
    facts = {"proxies": proxies, "certificates": certificates, "exceptions": exceptions}
    words = [f"{name} is {address or 'no address'}" for name, address in proxies.items()] or ["no proxy"]
    words += [f"NO_PROXY names {counted(exceptions, 'host')}"] if exceptions else []
    words += [f"{name} is {shown(place)}" for name, place in certificates.items()]
    wrong = [f"Set {name} to http://HOST:PORT." for name, address in proxies.items() if not address]
    wrong += [f"Let {name} name certificates that exist." for name, place in certificates.items() if not os.path.exists(place)]
    return Finding("network", "warning" if wrong else "ok", ", ".join(words), " ".join(wrong), facts)


def look_at_variables() -> Finding:
    """Which of the variables that steer tltool are set, and to what."""
    found = {name: os.environ[name] for name in STEERING if name in os.environ}
    return Finding("variables", "ok", ", ".join(f"{name}={shown(value)}" for name, value in found.items()) or "none set", facts=found)


def _set(names: tuple[str, ...]) -> Iterator[str]:
    """Those of ``names`` that are set, each in capitals and in small letters, as programs look for both."""
    return (name for known in names for name in (known, known.lower()) if os.environ.get(name))


def _address(proxy: str) -> str:
    """``https://user:secret@host:3128/`` → ``https://host:3128``; empty where it is no address."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    return shown(f"{parts.scheme}://" * bool(parts.scheme) + host + f":{port}" * bool(port))
