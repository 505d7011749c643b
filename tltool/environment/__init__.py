"""What tltool finds around itself: packages, variables, folders. Nothing here loads Keras or TensorFlow into this process."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "look_at_folders": "folders",
        "look_at_keras": "packages",
        "look_at_network": "network",
        "look_at_packages": "packages",
        "look_at_variables": "network",
    },
)
