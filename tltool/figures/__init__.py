"""Pictures people would rather look at than read: drawn with matplotlib, without a window, written whole or not at all."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.figures.answers import draw_answers as draw_answers, require_drawable as require_drawable, write_masks as write_masks
    from tltool.figures.augmented import draw_augmentation as draw_augmentation
    from tltool.figures.comparison import draw_comparison as draw_comparison
    from tltool.figures.confusion import draw_confusion as draw_confusion
    from tltool.figures.ranking import draw_quality as draw_quality
    from tltool.figures.reasons import draw_reasons as draw_reasons
    from tltool.figures.sheets import reserve_sheets as reserve_sheets
    from tltool.figures.spread_plot import draw_spreads as draw_spreads
    from tltool.figures.stack_drawing import draw_layers as draw_layers
    from tltool.figures.style import check_file as check_file
    from tltool.figures.translation import draw_translation as draw_translation
    from tltool.figures.visuals import draw_explanation as draw_explanation, draw_sheets as draw_sheets
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
