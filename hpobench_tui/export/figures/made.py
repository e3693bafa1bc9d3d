"""All figures of an export as files, with a page of their captions."""

import io
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import IO

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import styled, tex_text
from hpobench_tui.export.figures.save import save
from hpobench_tui.export.figures.study import Drawn, Plan, Study
from hpobench_tui.export.figures.wanted import KINDS
from hpobench_tui.export.markup import markdown_text
from hpobench_tui.export.material import Files, Material


def files(material: Material, form: str) -> Files:
    """Every figure that applies in one format. What several formats have in common is worked out once."""
    if "figures" not in material.shared:
        material.shared["figures"] = Study(material, material.figures)
    study = material.shared["figures"]
    assert isinstance(study, Study)
    for kind in material.figures.kinds or KINDS:
        try:
            for plan in _planned(study, kind):
                yield f"{plan.name}.{form}", partial(_write, study, plan, form)
        except Exception as error:  # noqa: BLE001 - one kind of many must not cost the others
            yield f"{kind}.{form}", partial(_refuse, error)
    # again with each format: what the one before could not draw, this one may have
    yield "captions.md", lambda stream: stream.write(_markdown(study).encode())
    yield "captions.tex", lambda stream: stream.write(_latex(study).encode())


def _planned(study: Study, kind: str) -> Iterator[Plan]:
    """The figures of a kind, worked out for the first format alone: importance takes half a second a problem."""
    if kind in study.planned:
        yield from study.planned[kind]
        return
    found = []
    for plan in plans(study, kind):
        found.append(plan)
        yield plan
    study.planned[kind] = found


def plans(study: Study, kind: str) -> Iterator[Plan]:
    """The figures of a kind. One that does not apply is said to be missing, or, asked for by name, refused.

    Raises:
        HpobenchError: it was asked for by name, and does not apply.
    """
    made = 0
    try:
        for plan in import_module(f"hpobench_tui.export.figures.{kind.replace('-', '_')}").figures(study):
            made += 1
            yield plan
    except HpobenchError as error:
        study.skip(kind, error)
    if not made and study.wanted.kinds:
        reasons = [reason for what, reason in study.missing.items() if what.split(":")[0] == kind]
        raise HpobenchError(f"no figure {kind!r}: {reasons[0] if reasons else 'it does not apply.'}")


def _refuse(error: Exception, _: IO[bytes]) -> None:
    """Where the export contains what fails."""
    raise error


def _write(study: Study, plan: Plan, form: str, stream: IO[bytes]) -> None:
    made = io.BytesIO()
    try:
        with styled(study.wanted, tex=form == "pgf") as width:
            drawn: Drawn = plan.draw(width)
            save(drawn.figure, made, form, plan.name, drawn.caption)
    except OSError as error:  # a font of Matplotlib's: nothing that another folder would mend
        raise HpobenchError(f"Matplotlib cannot draw it: {error}.") from error
    study.captions[plan.name] = drawn.caption
    stream.write(made.getvalue())


def _markdown(study: Study) -> str:
    lines = [f"# Captions of the figures of {markdown_text(study.material.name)}"]
    lines += [f"**{markdown_text(name)}**: {markdown_text(caption)}" for name, caption in study.captions.items()]
    if study.missing:
        lines.append("## What is not drawn, and why")
        lines.append("\n".join(f"- {markdown_text(f'{what}: {why}')}" for what, why in study.missing.items()))
    return "\n\n".join(lines) + "\n"


def _latex(study: Study) -> str:
    r"""A macro a figure: ``\caption{\csname hpobench:ranks\endcsname}``."""
    head = "% Read this in, then \\caption{\\csname hpobench:NAME\\endcsname}, NAME being the file's without ending.\n"
    return head + "".join(
        f"\\expandafter\\def\\csname hpobench:{name}\\endcsname{{{tex_text(caption)}}}\n"
        for name, caption in study.captions.items()
    )
