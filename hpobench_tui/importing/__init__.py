"""Results that others computed, as stores beside ours: marked as imported, and never audited.

Nothing that is read here is ever unpickled or run.
"""
