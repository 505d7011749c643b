"""The decoder for training once more, as TensorFlow operations, so that a SavedModel can take the bytes of image files.

``tf`` is the tensorflow module, handed down so that importing this costs nothing. Sizes are pixels, pairs are (height, width).
"""

from collections.abc import Callable
from typing import Any


def decode(tf: Any, photo: Any, size: int, fit: str) -> Any:
    """Encoded bytes (string []) → float32 [size, size, 3] of whole numbers 0…255, step by step as the decoder for training."""
    pixels, sides = tf.cond(tf.io.is_jpeg(photo), lambda: _decode_jpeg(tf, photo, size, fit), lambda: _decode_other(tf, photo))
    orientation = _orientation(tf, photo)
    small = _resize(tf, tf.ensure_shape(pixels, [None, None, 3]), sides, size, fit, orientation > 4)
    upright = _turn_upright(tf, small, orientation)
    return tf.ensure_shape(tf.image.pad_to_bounding_box(upright, *_margins(tf, upright, size), size, size), [size, size, 3])


def _decode_jpeg(tf: Any, photo: Any, size: int, fit: str) -> tuple[Any, Any]:
    """uint8 [h, w, 3] at the smallest DCT scale that covers the target, and the exact (height, width) in these pixels."""

    def at(ratio: int) -> Callable[[], Any]:  # TensorFlow's default decoding is up to 0.025 of probability away from Pillow's
        return lambda: tf.io.decode_jpeg(photo, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE")

    sides = tf.io.extract_jpeg_shape(photo)[:2]
    spare = (tf.reduce_max if fit == "pad" else tf.reduce_min)(sides) // size  # how often the target fits into the photo
    step = tf.reduce_sum(tf.cast(spare >= [2, 4, 8], tf.int32))
    pixels = tf.switch_case(step, [at(1), at(2), at(4), at(8)])
    return pixels, tf.cast(sides, tf.float32) / tf.cast(2**step, tf.float32)


def _decode_other(tf: Any, photo: Any) -> tuple[Any, Any]:
    """PNG (transparent parts become white), BMP or GIF → uint8 [h, w, 3] and its (height, width)."""
    pixels = tf.cond(
        tf.strings.substr(photo, 0, 4) == b"\x89PNG",
        lambda: _decode_png(tf, photo),
        lambda: tf.io.decode_image(photo, channels=3, expand_animations=False),
    )
    return pixels, tf.cast(tf.shape(pixels)[:2], tf.float32)


def _decode_png(tf: Any, photo: Any) -> Any:
    pixels = tf.cast(tf.io.decode_png(photo, channels=4), tf.float32)
    opaque = pixels[..., 3:] / 255
    return tf.cast(tf.round(pixels[..., :3] * opaque + 255 * (1 - opaque)), tf.uint8)


def _resize(tf: Any, pixels: Any, sides: Any, size: int, fit: str, lies: Any) -> Any:
    """Antialiased bilinear resize to whole numbers float32 [size, size, 3] (for pad: as high and wide as the photo becomes).

    ``sides`` are the photo's exact height and width; ``lies``: it will be turned by a quarter afterwards.
    """
    if fit == "crop":
        target, seen = sides * size / tf.reduce_min(sides), tf.fill([2], size)
    elif fit == "pad":
        target = tf.maximum(tf.round(sides * size / tf.reduce_max(sides)), 1)
        seen = tf.cast(target, tf.int32)
    else:
        target, seen = tf.fill([2], float(size)), tf.fill([2], size)
    scale, offset = target / sides, (tf.cast(seen, tf.float32) - target) / 2

    def across(photo: Any) -> Any:
        return _scale(tf, photo, [tf.shape(photo)[0], seen[1]], [1.0, scale[1]], [0.0, offset[1]])

    def down(photo: Any) -> Any:
        return _scale(tf, photo, [seen[0], tf.shape(photo)[1]], [scale[0], 1.0], [offset[0], 0.0])

    # Pillow rounds after each direction, and starts with the rows where it drops more than twice as many of them as columns
    dropped = tf.where(lies, (tf.shape(pixels)[:2] - seen)[::-1], tf.shape(pixels)[:2] - seen)  # of the upright photo
    starts_down = (dropped[0] > tf.maximum(2 * dropped[1], 0)) != lies
    return tf.cond(starts_down, lambda: across(down(pixels)), lambda: down(across(pixels)))


def _scale(tf: Any, pixels: Any, shape: Any, scale: Any, offset: Any) -> Any:
    photo = tf.cast(pixels, tf.float32)[tf.newaxis]  # [1, h, w, 3]
    scaled = tf.raw_ops.ScaleAndTranslate(
        images=photo, size=shape, scale=scale, translation=offset, kernel_type="triangle", antialias=True
    )[0]
    return tf.clip_by_value(tf.floor(scaled + 0.5), 0, 255)


def _margins(tf: Any, pixels: Any, size: int) -> tuple[Any, Any]:
    shape = tf.shape(pixels)
    return (size - shape[0]) // 2, (size - shape[1]) // 2


def _orientation(tf: Any, photo: Any) -> Any:
    """EXIF orientation 1…8 (int32 []), 1 where none is recorded: the entry of tag 0x0112 in either byte order."""
    start = tf.io.decode_raw(tf.strings.substr(photo, 0, 4096), tf.uint8)  # EXIF stands before the picture
    last = tf.maximum(tf.size(start) - 9, 0)
    entries = tf.stack([start[i : last + i] for i in range(10)], axis=1)  # [last, 10]: tag, type SHORT, count 1, value
    little = tf.reduce_all(entries[:, :8] == tf.constant([0x12, 1, 3, 0, 1, 0, 0, 0], tf.uint8), axis=1)
    big = tf.reduce_all(entries[:, :9] == tf.constant([1, 0x12, 0, 3, 0, 0, 0, 1, 0], tf.uint8), axis=1)
    found = tf.concat([entries[:, 8][little], entries[:, 9][big], [tf.constant(1, tf.uint8)]], axis=0)[0]
    return tf.where((found >= 1) & (found <= 8), tf.cast(found, tf.int32), 1)


def _turn_upright(tf: Any, pixels: Any, orientation: Any) -> Any:
    """Undo ``orientation``; what was cut from the centre turns like the whole photo."""
    image = tf.image
    return tf.switch_case(
        orientation - 1,
        [
            lambda: pixels,
            lambda: image.flip_left_right(pixels),
            lambda: image.rot90(pixels, 2),
            lambda: image.flip_up_down(pixels),
            lambda: image.transpose(pixels),
            lambda: image.rot90(pixels, 3),
            lambda: image.transpose(pixels)[::-1, ::-1],
            lambda: image.rot90(pixels, 1),
        ],
    )
