"""Pictures people would rather look at than read: drawn with matplotlib, without a window, written whole or not at all."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "check_file": "style",
        "draw_augmentation": "augmented",
        "draw_explanation": "visuals",
        "draw_sheets": "visuals",
        "reserve_sheets": "sheets",
        "draw_comparison": "comparison",
        "draw_layers": "stack_drawing",
        "draw_reasons": "reasons",
        "draw_spreads": "spread_plot",
        "draw_translation": "translation",
    },
)
