"""Hub modules: a small SavedModel with the interface of published ones is wrapped, trained, saved, moved and served."""

import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from tltool.errors import RunError, SpecError, WeightsError  # noqa: E402
from tltool.models.fingerprint import fingerprint  # noqa: E402
from tltool.models.hub import handles, layer  # noqa: E402
from tltool.models.saving.store import load_model, save_model  # noqa: E402

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="hub modules are TensorFlow graphs")
SIZE = 8
PIXELS = np.random.default_rng(0).uniform(0, 255, (6, SIZE, SIZE, 3)).astype("float32")


class ConvNet(tf.Module):
    """3x3 convolution, normalisation by a moving average, mean over the map: [n, h, w, 3] -> [n, 4]."""

    def __init__(self, pool: bool = True) -> None:
        super().__init__()
        start = tf.random.stateless_normal([3, 3, 3, 4], seed=(1, 2))
        self.kernel = tf.Variable(start, name="conv/kernel")
        self.gamma = tf.Variable(tf.ones([4]), name="norm/gamma")
        self.average = tf.Variable(tf.zeros([4]), trainable=False, name="norm/average")
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False, name="steps")
        self.pool = pool

    def features(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        x = tf.nn.conv2d(x, self.kernel, 1, "SAME")
        if training:
            self.average.assign(0.9 * self.average + 0.1 * tf.reduce_mean(x, [0, 1, 2]))
            self.steps.assign_add(1)
        x = tf.nn.relu((x - self.average) * self.gamma)
        return tf.reduce_mean(x, [1, 2]) if self.pool else x


class Reusable(ConvNet):
    """What TF Hub's feature vectors are: callable with ``training``, with a list of what learns."""

    trainable_variables: ClassVar[list[tf.Variable]] = []  # in place of tf.Module's property, which is not saved

    def __init__(self, pool: bool = True) -> None:
        super().__init__(pool)
        self.trainable_variables = [self.kernel, self.gamma]

    @tf.function
    def __call__(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.features(x, training)


class Plain(ConvNet):
    """A module without a training flag and without a list of what learns."""

    @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3])])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return self.features(x, False)


class Served(ConvNet):
    """A SavedModel that offers only its serving signature."""

    @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3])])
    def serve(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"features": self.features(pixels, False)}


class Doubled(Reusable):
    """The same variables in another graph."""

    def features(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        return 2 * super().features(x, training)


def write_module(folder: Path, side: int | None = SIZE, pool: bool = True, kind: type[Reusable] = Reusable) -> Path:
    module = kind(pool)
    for training in (True, False):
        module.__call__.get_concrete_function(tf.TensorSpec([None, side, side, 3]), training=training)
    tf.saved_model.save(module, folder)
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_module(tmp_path_factory.mktemp("module") / "net")


def classifier(folder: Path, learn: bool, update: bool = False) -> keras.Model:
    """Backbone and a two-class head, trained for two steps."""
    backbone = layer.load_hub(f"hub:{folder}")
    backbone.trainable = learn
    backbone.get_layer("hub_module").frozen_statistics = not update
    inputs = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="head")(backbone(inputs)))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(PIXELS, np.array([0, 1] * 3), batch_size=3, epochs=1, verbose=0, shuffle=False)
    return model


def hub_weights(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.name: weight.numpy() for weight in model.get_layer("backbone").get_layer("hub_module").weights}


def test_a_module_becomes_a_backbone_that_scales_pixels_to_one(saved: Path) -> None:
    backbone = layer.load_hub(f"hub:{saved}")
    expected = tf.saved_model.load(str(saved))(PIXELS / 255, training=False)
    assert backbone.name == "backbone" and backbone.input_shape == (None, SIZE, SIZE, 3) and backbone.output_shape == (None, 4)
    np.testing.assert_allclose(backbone(PIXELS), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("scaling", "scaled"),
    [
        ("unit", PIXELS / 255),
        ("tf", PIXELS / 127.5 - 1),
        ("none", PIXELS),
        ("torch", (PIXELS / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]),
        ("caffe", PIXELS[..., ::-1] - [103.939, 116.779, 123.68]),
    ],
)
def test_a_chosen_scaling_stands_in_front_of_the_module(saved: Path, scaling: str, scaled: np.ndarray) -> None:
    expected = tf.saved_model.load(str(saved))(scaled.astype("float32"), training=False)
    np.testing.assert_allclose(layer.load_hub(str(saved), scaling=scaling)(PIXELS), expected, rtol=1e-4, atol=1e-4)


def test_hub_weights_learn_when_unfrozen_and_their_averages_stand_still(saved: Path) -> None:
    model = classifier(saved, learn=True)
    start, after = tf.saved_model.load(str(saved)), hub_weights(model)
    assert len(model.get_layer("backbone").trainable_variables) == 2
    assert np.abs(after["conv_kernel"] - start.kernel.numpy()).max() > 1e-3
    assert np.abs(after["norm_gamma"] - start.gamma.numpy()).max() > 1e-3
    np.testing.assert_array_equal(after["norm_average"], start.average.numpy())
    assert after["steps"] == 0


def test_averages_follow_the_photos_when_they_are_let(saved: Path) -> None:
    weights = hub_weights(classifier(saved, learn=True, update=True))
    assert weights["steps"] == 2 and np.abs(weights["norm_average"]).max() > 1e-3


def test_nothing_in_a_frozen_module_changes(saved: Path) -> None:
    model = classifier(saved, learn=False, update=True)
    start = tf.saved_model.load(str(saved))
    assert model.get_layer("backbone").trainable_variables == [] and len(model.trainable_variables) == 2
    weights = hub_weights(model)
    for name, variable in (("conv_kernel", start.kernel), ("norm_gamma", start.gamma), ("norm_average", start.average)):
        np.testing.assert_array_equal(weights[name], variable.numpy())


def test_a_saved_model_equals_itself_in_a_fresh_process_with_the_original_folder_gone(tmp_path: Path) -> None:
    folder = write_module(tmp_path / "net")
    model = classifier(folder, learn=True, update=True)
    save_model(model, tmp_path / "model.keras")
    np.savez(tmp_path / "before.npz", pixels=PIXELS, outputs=model(PIXELS), **hub_weights(model))
    shutil.rmtree(folder)
    program = (
        "import numpy as np\n"
        "from tltool.models.saving.store import load_model, save_model\n"
        "model, before = load_model('model.keras'), np.load('before.npz')\n"
        "np.testing.assert_allclose(model(before['pixels']), before['outputs'], rtol=1e-6)\n"
        "layer = model.get_layer('backbone').get_layer('hub_module')\n"
        "assert len(layer.trainable_variables) == 2\n"
        "for w in layer.weights: np.testing.assert_array_equal(w.numpy(), before[w.name])\n"
        "model.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "model.fit(before['pixels'], np.array([0, 1] * 3), verbose=0)\n"
        "assert abs(layer.weights[0].numpy() - before['conv_kernel']).max() > 0\n"
        "save_model(model, 'again.keras')\n"
        "np.testing.assert_array_equal(load_model('again.keras')(before['pixels']), model(before['pixels']))\n"
    )
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_keras_file_holds_the_module_beside_the_usual_three_members(saved: Path, tmp_path: Path) -> None:
    save_model(classifier(saved, learn=False), tmp_path / "model.keras")
    module = "assets/layers/functional/layers/hub_module/"
    assert sorted(zipfile.ZipFile(tmp_path / "model.keras").namelist()) == sorted(
        [
            "config.json",
            "metadata.json",
            "model.weights.h5",
            module + "fingerprint.pb",
            module + "saved_model.pb",
            module + "variables/variables.data-00000-of-00001",
            module + "variables/variables.index",
        ]
    )
    config = json.loads(zipfile.ZipFile(tmp_path / "model.keras").read("config.json"))
    assert "tltool>HubModule" in json.dumps(config) and str(saved) not in json.dumps(config)


def test_a_model_without_its_module_is_refused_in_one_sentence(saved: Path, tmp_path: Path) -> None:
    model = classifier(saved, learn=False)
    with pytest.raises(SpecError, match="must be loaded with its module"):
        keras.Model.from_config(model.get_config())(PIXELS)


@pytest.mark.parametrize("kind", [Plain, Served])
def test_modules_without_a_training_flag_or_without_a_call_train_too(kind: type, tmp_path: Path) -> None:
    module = kind()
    tf.saved_model.save(module, tmp_path / "net", signatures=getattr(module, "serve", None))
    weights = hub_weights(classifier(tmp_path / "net", learn=True))
    assert np.abs(weights["conv_kernel"] - module.kernel.numpy()).max() > 1e-3
    np.testing.assert_array_equal(weights["norm_average"], 0)


def test_a_keras_export_is_a_module_too(tmp_path: Path) -> None:
    net = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    net.export(tmp_path / "net", verbose=False)
    backbone = layer.load_hub(str(tmp_path / "net"), scaling="none")
    np.testing.assert_allclose(backbone(PIXELS), net(PIXELS), rtol=1e-5)
    assert len(backbone.trainable_variables) == 4 and len(backbone.non_trainable_variables) == 2


def test_modules_of_equal_weights_and_another_graph_have_another_fingerprint(saved: Path, tmp_path: Path) -> None:
    one, other = layer.load_hub(f"hub:{saved}"), layer.load_hub(f"hub:{write_module(tmp_path / 'doubled', kind=Doubled)}")
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    assert fingerprint(one) != fingerprint(other)
    save_model(one, tmp_path / "one.keras")
    assert fingerprint(load_model(tmp_path / "one.keras")) == fingerprint(one)


def test_a_feature_map_stays_a_map(tmp_path: Path) -> None:
    assert layer.load_hub(str(write_module(tmp_path / "net", pool=False))).output_shape == (None, SIZE, SIZE, 4)


def test_the_size_is_the_modules_own_or_224(saved: Path, tmp_path: Path) -> None:
    free = write_module(tmp_path / "net", side=None)
    assert layer.native_size(f"hub:{saved}") == SIZE and layer.native_size(str(free)) is None
    assert layer.load_hub(str(free)).input_shape == (None, 224, 224, 3)
    assert layer.load_hub(str(free), size=16).input_shape == (None, 16, 16, 3)


def test_a_size_the_module_cannot_take_names_the_one_it_can(saved: Path) -> None:
    with pytest.raises(SpecError, match=rf"Choose --size {SIZE}"):
        layer.load_hub(str(saved), size=16)


def test_an_unknown_scaling_is_refused(saved: Path) -> None:
    with pytest.raises(SpecError, match="scaling must be one of"):
        layer.load_hub(str(saved), scaling="imagenet")


def test_another_backend_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(SpecError, match="KERAS_BACKEND=tensorflow"):
        layer.load_hub(str(saved))


def test_the_model_exports_to_a_saved_model_and_to_tflite_with_builtin_operators(saved: Path, tmp_path: Path) -> None:
    model = classifier(saved, learn=True, update=True)
    photo = tf.TensorSpec([1, SIZE, SIZE, 3])
    exported = tf.Module()
    exported.serve = tf.function(lambda pixels: model(pixels, training=False), input_signature=[photo])
    exported.weights = list(exported.serve.get_concrete_function().variables)  # with the Keras model instead, TFLite gives NaN
    tf.saved_model.save(exported, str(tmp_path / "export"), signatures=exported.serve)
    loaded = tf.saved_model.load(str(tmp_path / "export"))
    np.testing.assert_allclose(loaded.serve(PIXELS[:1]), model(PIXELS[:1]), rtol=1e-5)
    tflite = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "export")).convert()
    litert = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(model_content=tflite)
    litert.allocate_tensors()
    litert.set_tensor(litert.get_input_details()[0]["index"], PIXELS[:1])
    litert.invoke()
    np.testing.assert_allclose(litert.get_tensor(litert.get_output_details()[0]["index"]), model(PIXELS[:1]), atol=1e-4)


# --- what a module may be ---------------------------------------------------------------------------------------------------


def test_a_hostile_module_inside_a_keras_file_is_refused(saved: Path, tmp_path: Path) -> None:
    class Reader(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3])])
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return tf.reduce_mean(x, [1, 2]) + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)

    tf.saved_model.save(Reader(), tmp_path / "net")
    save_model(classifier(saved, learn=False), tmp_path / "model.keras")
    graph = (tmp_path / "net/saved_model.pb").read_bytes()
    with zipfile.ZipFile(tmp_path / "model.keras") as good, zipfile.ZipFile(tmp_path / "bad.keras", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, graph if name.endswith("saved_model.pb") else good.read(name))
    with pytest.raises(RunError, match=r"must only compute.*ReadFile, which reads a file"):
        load_model(tmp_path / "bad.keras")


def test_a_tensorflow_1_module_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, SIZE, SIZE, 3])
        y = tf.reduce_mean(x * tf.compat.v1.get_variable("v", []), [1, 2])
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.saved_model.simple_save(session, str(tmp_path / "net"), {"x": x}, {"y": y})
    with pytest.raises(WeightsError, match="Choose a newer version"):
        layer.load_hub(str(tmp_path / "net"))


def test_a_damaged_module_is_refused(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path / "net")
    data = tmp_path / "net/variables/variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:10])
    with pytest.raises(WeightsError, match="must be a complete SavedModel"):
        layer.load_hub(str(tmp_path / "net"))
    (tmp_path / "net/saved_model.pb").write_bytes(b"<html>")
    with pytest.raises(WeightsError, match="graph is damaged"):
        layer.load_hub(str(tmp_path / "net"))


def test_a_module_with_vocabulary_files_is_refused(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path / "net")
    (tmp_path / "net/assets").mkdir(exist_ok=True)
    (tmp_path / "net/assets/vocabulary.txt").write_text("cat\n")
    with pytest.raises(WeightsError, match="no files beside its variables"):
        layer.load_hub(str(tmp_path / "net"))


# --- handles, downloads and the cache ---------------------------------------------------------------------------------------


@pytest.fixture
def server(saved: Path) -> Iterator[tuple[str, list[str]]]:
    """``(address, requests)`` of a server that hands out the module as tfhub.dev does, and broken things beside it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(saved, arcname=".")
    page = gzip.compress(b"<html>not a module</html>")
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w:gz").close()
    bodies = {"/net/1": buffer.getvalue(), "/html/1": page, "/empty/1": empty.getvalue(), "/cut/1": buffer.getvalue()}
    requests: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            path, _, query = self.path.partition("?")
            body = bodies.get(path)
            if body is None or query != "tf-hub-format=compressed":
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if path == "/cut/1" else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "cache"


def test_a_url_is_downloaded_once_into_the_cache(server: tuple[str, list[str]], cache: Path) -> None:
    address, requests = server
    assert handles.find_module(f"hub:{address}/net/1", download=False) is None and layer.native_size(f"{address}/net/1") is None
    with pytest.raises(WeightsError, match="must be in the cache"):
        layer.load_hub(f"{address}/net/1", download=False)
    assert requests == []
    for _ in range(2):
        assert layer.load_hub(f"hub:{address}/net/1").output_shape == (None, 4)
    assert requests == ["/net/1?tf-hub-format=compressed"] and layer.native_size(f"{address}/net/1") == SIZE
    assert (cache / hashlib.sha1(f"{address}/net/1".encode()).hexdigest() / "saved_model.pb").is_file()


def test_an_emptied_or_incomplete_cache_and_a_dead_lock_are_repaired(server: tuple[str, list[str]], cache: Path) -> None:
    address, requests = server
    for left in ("saved_model.pb", "saved_model.pb", "variables"):
        folder = handles.find_module(f"{address}/net/1")
        shutil.rmtree(folder / left) if left == "variables" else (folder / left).unlink()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder.with_name(folder.name + ".lock").write_text(f"{socket.gethostname()}.{dead.pid}.abc")
    assert (handles.find_module(f"{address}/net/1") / "variables/variables.index").is_file() and len(requests) == 4


@pytest.mark.parametrize("path", ["missing/1", "html/1", "empty/1", "cut/1"])
def test_a_failed_download_names_handle_cache_proxies_and_ways_out_and_leaves_nothing(
    path: str, server: tuple[str, list[str]], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy:3128")
    with pytest.raises(WeightsError) as caught:
        layer.load_hub(f"hub:{server[0]}/{path}")
    message = str(caught.value)
    for part in (path, str(cache), "TFHUB_CACHE_DIR", "HTTPS_PROXY", "hub:FOLDER", "--backbone RUN"):
        assert part in message
    assert "secret" not in message and "\n" not in message
    assert [p for p in cache.iterdir() if p.is_dir()] == []


def test_no_server_at_all_is_one_sentence_too(cache: Path) -> None:
    with pytest.raises(WeightsError, match=r"must be downloadable.*refused.*needs no download.*--backbone efficientnet_lite0"):
        layer.load_hub("hub:http://127.0.0.1:9/net/1")


@pytest.mark.parametrize("handle", ["hub:/no/such/folder", "hub:mobilenet_v2", "hub:../net", "hub:https://", "hub:gs://bucket/net"])
def test_a_handle_that_names_nothing_is_refused_in_one_sentence(handle: str, cache: Path) -> None:
    with pytest.raises(WeightsError, match="Received: 'hub:"):
        layer.load_hub(handle)


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="must hold a TensorFlow 2 SavedModel"):
        layer.load_hub(f"hub:{tmp_path}")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("google/mobilenet-v2/tensorFlow2/100-224/2", "https://www.kaggle.com/models/google/mobilenet-v2/tensorFlow2/100-224/2"),
        (
            "google/imagenet/mobilenet_v2_100_224/feature_vector/5",
            "https://tfhub.dev/google/imagenet/mobilenet_v2_100_224/feature_vector/5",
        ),
        ("https://tfhub.dev/google/x/1", "https://tfhub.dev/google/x/1"),
    ],
)
def test_short_names_become_kaggle_and_tfhub_addresses(name: str, url: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(handles, "_resolve", asked.append)
    with pytest.raises(WeightsError, match="not a TensorFlow 2 SavedModel"):
        handles.find_module(f"hub:{name}")
    assert asked == [url]


def test_the_cache_is_outside_the_temporary_folder_and_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    monkeypatch.setenv("TLTOOL_CACHE", "/home/ann/.cache/tltool")
    assert handles.cache_folder() == Path("/home/ann/.cache/tltool/hub")
    with handles._settings():
        assert os.environ["TFHUB_CACHE_DIR"] == str(Path("/home/ann/.cache/tltool/hub"))
    assert "TFHUB_CACHE_DIR" not in os.environ


def test_only_a_download_needs_tensorflow_hub(saved: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    assert layer.load_hub(f"hub:{saved}").output_shape == (None, 4)
    with pytest.raises(WeightsError, match="setuptools<82"):
        layer.load_hub("hub:https://tfhub.dev/google/x/1")
