"""Kills a process before one of its statements, or before the commit: what fault tests share."""

from __future__ import annotations

# Begins the script of a fault test. `attempt(action, kill_at)` runs an action in a process of its own,
# which dies before its statement number `kill_at`, and tells whether it died: False when it was through
# with fewer statements.
KILLING = """
import os, signal
from django.db import connection, connections

def attempt(action, kill_at):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        seen = 0
        def step():
            nonlocal seen
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        def counted(execute, sql, params, many, context):
            step()
            return execute(sql, params, many, context)
        connection.ensure_connection()
        commit = connection._commit
        def last():
            step()
            return commit()
        connection._commit = last
        with connection.execute_wrapper(counted):
            action()
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)
"""
