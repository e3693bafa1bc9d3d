"""Errors in one line."""

LONGEST = 1000


def describe(error: BaseException) -> str:
    """An exception in one line: its type, its message, and where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    where = f" ({code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name})" if trace and code else ""
    try:
        text = " ".join(str(error).split()).encode("utf-8", "replace").decode()
    except Exception as second:  # noqa: BLE001 - somebody else's __str__
        text = f"(its message cannot be had: {type(second).__name__})"
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return f"{type(error).__name__}: {text}{where}" if text else f"{type(error).__name__}{where}"
