"""The command that began a run, from what was typed for it."""

import shlex
from typing import Any, get_type_hints

from pydantic.fields import FieldInfo

from tltool import catalog
from tltool.former_parameters import current_name
from tltool.lookup import locate
from tltool.runs.forms import Record
from tltool.runs.resuming import ASKED, spec_kinds
from tltool.specs.spec import flag_of


def command_of(record: Record) -> str:
    """What began the run, as it was typed or, from Python, would have been; ``""`` where its recipe is not there any more."""
    if record.recipe not in catalog.RECIPES:
        return ""
    recipe = locate(catalog.RECIPES[record.recipe])
    kinds, hints = spec_kinds(recipe), get_type_hints(recipe, include_extras=True)
    words = ["tltool", record.recipe]
    for parameter, fields in record.typed.items():
        known = kinds[parameter].model_fields if parameter in kinds else {}
        for field, value in fields.items():
            words += _of_field(field, known.get(field), value)
    for parameter, value in record.asked.items():
        if parameter in ASKED:
            words += _of_field(current_name(parameter, hints), None, value)
    return shlex.join(words)


def _of_field(field: str, info: FieldInfo | None, value: Any) -> list[str]:
    """A value behind its flag, or without one where it is an argument; nothing where there is none."""
    flag = f"--{flag_of(field, info) if info else field.replace('_', '-')}"
    if value is None or value == []:
        return []
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, list) and info and info.annotation == tuple[str, ...]:  # a flag that is repeated
        return [word for item in value for word in (flag, str(item))]
    text = ",".join(map(str, value)) if isinstance(value, list) else f"{value:g}" if isinstance(value, float) else str(value)
    extra: Any = info.json_schema_extra if info else None
    return [text] if extra and extra.get("argument") else [flag, text]
