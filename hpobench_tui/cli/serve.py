"""``hpobench serve``: the app in a browser."""

import os
import socket
from typing import Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import print_event, print_line

NEEDS = ("textual_serve", "aiohttp")


def serve(
    experiment: Annotated[
        str | None,
        typer.Argument(
            help="Experiment to open on, as `hpobench list` names it, or 'latest'; without one: the list of all.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on. Any but this machine's own shows all you do to the net."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: any that is free.")] = 8000,
    write: Annotated[
        bool, typer.Option("--write", help="Let it start, stop, change and delete experiments; else it only looks.")
    ] = False,
    sessions: Annotated[int, typer.Option("--sessions", min=1, max=100, help="Tabs at a time, an app each.")] = 4,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin", help="Address of a proxy in front, as in https://hub.example.org.", show_default=False
        ),
    ] = None,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Show the app in a browser, under an address with a secret token; Ctrl-C ends it. Read only unless --write.

    The token is new each time, or $HPOBENCH_SERVE_TOKEN. From another machine: through an SSH tunnel (docs/serve.md).
    """
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.engine.front import lifecycle

    folder = options.folder_of(experiment, output) if experiment else None
    if (lack := lacking()) is not None:
        raise HpobenchError(lack)
    import asyncio

    from hpobench_tui.serving import access, server

    token = access.token_from(os.environ.pop(access.VARIABLE, None))
    origins = frozenset(map(access.origin_of, origin or ()))
    root = (output or lifecycle.outputs_root()).resolve()
    listening = server.listen(host, port)
    port, local = listening.getsockname()[1], server.is_local(listening)
    name = host if local or host not in ("", "0.0.0.0", "::") else socket.gethostname()
    names = access.LOCAL | {host.lower(), name.lower()}
    door = access.Access(token, port, names, addresses=not local, origins=origins)
    served = server.Served(folder and folder.resolve(), root, write, sessions)
    url = f"http://{f'[{name}]' if ':' in name else name}:{port}/?token={token}"

    def ready() -> None:
        if not local:
            print_line(
                f"hpobench: what goes to and from {name} is not encrypted: who hears the network can read the token,"
                " and use it. Rather leave --host out, and open an SSH tunnel, as below.",
                error=True,
            )
        if as_json:
            print_event(url=url, host=name, port=port, read_only=not write, sessions=sessions, pid=os.getpid())
            return
        print_line(url)
        if write:
            print_line("Whoever has this address can start experiments, and run code as you. Keep it to yourself.")
        else:
            print_line("It only shows experiments; --write lets it start, stop, change and delete them.")
        print_line(f"From another machine: ssh -L {port}:127.0.0.1:{port} {socket.gethostname()}, and there")
        print_line(f"    http://127.0.0.1:{port}/?token={token}")
        print_line("Ctrl-C ends it.")

    asyncio.run(server.Server(door, served).run(listening, ready))


def lacking() -> str | None:
    """What of the extra is missing, and what mends it; None if all is there."""
    from hpobench_tui.core.compatibility import is_there

    absent = [name for name in NEEDS if not is_there(name)]
    if not absent:
        return None
    return f"serve needs a missing extra ({', '.join(absent)}); install with: pip install 'hpobench-tui[serve]'"
