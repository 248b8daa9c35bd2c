"""Suites of tests that leave things behind: nothing of what they do is ever undone.

Each is a list of statements, and each statement the body of one test. After all of them comes a
test that fails, for a failure must be told in these circumstances, too.
"""

from __future__ import annotations

from textwrap import indent

_NETWORK = [
    'mock.patch("socket.socket", side_effect=OSError("no network in tests")).start()',
    'mock.patch("socket.create_connection").start()',
    'mock.patch("socket.getaddrinfo", side_effect=OSError("no names in tests")).start()',
    "socket.setdefaulttimeout(0.0001)",
    'mock.patch("ssl.SSLContext").start()',
    'mock.patch("ssl.create_default_context", side_effect=ssl.SSLError).start()',
    'mock.patch("select.poll", side_effect=OSError).start()',
    'mock.patch("select.select", side_effect=OSError).start()',
    "logging.disable(logging.CRITICAL)",
    'mock.patch("logging.Logger._log", side_effect=OSError("no logging")).start()',
]
# What a faked client leaves behind. If it were believed, events would be lost.
_FAKED_ANSWERS = [
    """
    import httpx
    fake = lambda *args, **kwargs: httpx.Response(202, json={"data": None})
    httpx.HTTPTransport.handle_request = fake
    """,
    """
    import httpcore
    httpcore.ConnectionPool.handle_request = lambda *args: httpcore.Response(202)
    """,
]
_LIBRARY = [
    'mock.patch("json.dumps", side_effect=ValueError("no JSON")).start()',
    'mock.patch("json.loads").start()',
    'mock.patch("uuid.uuid4", return_value=7).start()',
    'mock.patch("uuid.uuid5", side_effect=ValueError).start()',
    'mock.patch("random.SystemRandom", side_effect=OSError("no entropy")).start()',
    "random.seed(0)",
    'mock.patch("datetime.datetime").start()',
    'mock.patch("datetime.timedelta").start()',
    'mock.patch("traceback.format_tb", side_effect=OSError).start()',
    'mock.patch("hashlib.sha1", side_effect=ValueError).start()',
    'mock.patch("re.escape", side_effect=ValueError).start()',
    'mock.patch("zlib.compress").start()',
    'mock.patch("subprocess.Popen", side_effect=OSError("no processes in tests")).start()',
]
_OPEN = ['mock.patch("builtins.open", side_effect=OSError("no files in tests")).start()']
_FILES = [
    'mock.patch("os.open", side_effect=OSError("no files in tests")).start()',
    'mock.patch("os.getpid", return_value=42).start()',
    'mock.patch("os.urandom", return_value=b"").start()',
    'mock.patch("os.path.exists", return_value=False).start()',
    'mock.patch("os.replace", side_effect=OSError).start()',
    *(
        f'mock.patch("pathlib.Path.{name}", side_effect=OSError("no paths in tests")).start()'
        for name in ("exists", "open", "stat", "read_text", "unlink", "rename")
    ),
    "os.umask(0o077)",
    "os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())",
]
_ENVIRONMENT = [
    "os.environ.clear()",
    """
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        os.environ[name] = "http://127.0.0.1:9"
    """,
    'os.environ["SSL_CERT_FILE"] = "/nowhere/ca.pem"',
    'locale.setlocale(locale.LC_ALL, "C")',
    'sys.executable = "/nowhere/python"',
    'sys.argv = ["other"]',
]
_INTERPRETER = [
    "sys.setrecursionlimit(120)",
    "gc.disable(); gc.freeze()",
    """
    def trace(*args): return trace
    sys.settrace(trace)
    """,
    "sys.setprofile(lambda *args: None)",
    "tracemalloc.start(); faulthandler.enable()",
    'warnings.simplefilter("error")',
    "sys.excepthook = threading.excepthook = sys.unraisablehook = sys.displayhook = None",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    'mock.patch("signal.signal", side_effect=OSError).start()',
    'mock.patch("atexit.register", side_effect=OSError).start()',
]
_THREADS = [
    'mock.patch("threading.Thread").start()',
    'mock.patch("threading.Thread.start", side_effect=RuntimeError("no threads")).start()',
    """
    def trace(*args): raise ValueError("a tracer of the tests")
    threading.settrace(trace)
    """,
    'mock.patch("threading.Event").start()',
    'mock.patch("threading.current_thread", return_value=None).start()',
    'mock.patch("queue.SimpleQueue").start()',
]
_IMPORTS = [
    """
    import builtins
    real, known = builtins.__import__, set(sys.modules)
    def limited(name, *args, **kwargs):
        if name not in known:
            raise ImportError(f"no {name} in tests")
        return real(name, *args, **kwargs)
    builtins.__import__ = limited
    """,
    """
    for name in list(sys.modules):
        if name.partition(".")[0] in {"httpx", "httpcore", "h11", "ssl", "json", "pytest_ddci"}:
            del sys.modules[name]
    """,
    'mock.patch("importlib.import_module", side_effect=ImportError("no imports")).start()',
    """
    sys.path.clear()
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    """,
]
_TIME = [
    """
    for name in ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "sleep"):
        setattr(time, name, lambda *args: 7)
    """,
    """
    import freezegun
    freezegun.freeze_time("1985-10-26").start()
    """,
]
_OUTPUT = [
    "sys.stdout.close(); sys.stderr.close()",
    "sys.stdout = sys.stderr = 5",
]
_DESCRIPTORS = ["os.closerange(3, 200)"]
_LOOPS = [
    """
    import asyncio
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncio._set_running_loop(loop)
    """,
    """
    import asyncio
    async def wait(): await asyncio.sleep(60)
    def run():
        loop = asyncio.new_event_loop()
        loop.create_task(wait())
        loop.run_forever()
    threading.Thread(target=run, daemon=True).start()
    """,
]

ACTS = {
    "network": _NETWORK,
    "faked answers": _FAKED_ANSWERS,
    "library": _LIBRARY,
    "open": _OPEN,
    "files": _FILES,
    "environment": _ENVIRONMENT,
    "interpreter": _INTERPRETER,
    "threads": _THREADS,
    "imports": _IMPORTS,
    "time": _TIME,
    "output": _OUTPUT,
    "descriptors": _DESCRIPTORS,
    "loops": _LOOPS,
}
"""The statements of each suite."""

UNWRITTEN = frozenset({"open"})
"""The suites after which pytest cannot write a junitxml file."""

UNCAPTURED = frozenset({"output", "descriptors"})
"""The suites after which pytest's own capturing fails every test."""

_HEAD = """
import faulthandler, gc, json, locale, logging, os, random, signal, socket, ssl, sys, tempfile
import threading, time, tracemalloc, warnings
from unittest import mock

def test_before(): pass
"""
_FOOT = """
def test_after(): pass
def test_fails(): assert 1 == 2
"""


def suite(acts: list[str]) -> str:
    """A module whose tests do these things one after the other."""
    tests = [f"def test_{n}():\n{indent(_dedented(act), '    ')}\n" for n, act in enumerate(acts)]
    return "\n".join([_HEAD, *tests, _FOOT])


def _dedented(act: str) -> str:
    lines = [line for line in act.splitlines() if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[margin:] for line in lines)
