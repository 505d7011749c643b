"""What tltool finds around itself: packages, variables, folders. Nothing here loads Keras or TensorFlow into this process."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.environment.folders import look_at_folders as look_at_folders
    from tltool.environment.network import look_at_network as look_at_network, look_at_variables as look_at_variables
    from tltool.environment.packages import look_at_keras as look_at_keras, look_at_packages as look_at_packages
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
