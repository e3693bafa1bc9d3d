"""One HTML file that holds all of an experiment's results, and shows them without a network: ``report.html``.

``data`` collects what stands in it (a section a module), ``thinning`` makes curves small, ``page`` puts data, style and
scripts (``assets``) into one file.
"""

from typing import IO

from hpobench_tui.export.material import Files, Material


def files(material: Material) -> Files:
    def write(stream: IO[bytes]) -> None:
        from hpobench_tui.export.report.data import collected
        from hpobench_tui.export.report.page import page

        stream.write(page(material.title(), collected(material)).encode())

    yield "report.html", write
