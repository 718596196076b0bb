"""Patches that end the run early, outlive it, exhaust the sandbox, or go for what runs beside them."""

from __future__ import annotations

from tests.security.hostile import (
    BROKEN,
    FAILURE,
    RIGHT,
    TIMEOUT,
    WRONG,
    Hostile,
    if_it_works,
    inside,
)

_EXIT, _LATE, _BOMB, _DAEMON, _NEAR, _CACHE = (
    "early exit",
    "late tricks",
    "exhaustion",
    "daemons",
    "neighbours and supervisor",
    "poisoned caches",
)
EXITS = [
    inside(_EXIT, "os._exit", BROKEN, "import os; os._exit(0)"),
    inside(_EXIT, "os._exit at import", BROKEN, WRONG, below="import os; os._exit(0)"),
    inside(_EXIT, "sys.exit", FAILURE, "import sys; sys.exit(0)"),
    inside(_EXIT, "sys.exit at import", BROKEN, WRONG, below="import sys; sys.exit(0)"),
    inside(_EXIT, "SystemExit", FAILURE, "raise SystemExit(0)"),
    inside(_EXIT, "pytest.exit", BROKEN, "import pytest; pytest.exit('done', returncode=0)"),
    inside(_EXIT, "KeyboardInterrupt", BROKEN, "raise KeyboardInterrupt"),
    inside(_EXIT, "a signal to itself", BROKEN, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    inside(_EXIT, "abort", BROKEN, "import os; os.abort()"),
    inside(_EXIT, "a crash", BROKEN, "import ctypes; ctypes.string_at(0)"),
    inside(_EXIT, "another program", BROKEN, "import os; os.execv('/bin/true', ['true'])"),
    inside(_EXIT, "a child goes on", (BROKEN, FAILURE), f"import os\nif os.fork(): os._exit(0)\n{WRONG}"),
]
LATE = [
    inside(_LATE, "atexit", FAILURE, WRONG, below="import atexit, os; atexit.register(os._exit, 0)"),
    inside(_LATE, "a thread that exits", (BROKEN, FAILURE), "import os, threading, time\n"
           f"threading.Thread(target=lambda: os._exit(0)).start(); time.sleep(1)\n{WRONG}"),
    inside(_LATE, "an alarm", BROKEN, "import os, signal, time\n"
           f"signal.signal(signal.SIGALRM, lambda *a: os._exit(0)); signal.setitimer(0, 0.05); time.sleep(1)\n{WRONG}"),
    inside(_LATE, "a finalizer", (BROKEN, FAILURE), "import os\nclass End:\n    def __del__(self): os._exit(0)\n"
           f"End()\n{WRONG}"),
    inside(_LATE, "a thread that interrupts", (BROKEN, FAILURE), "import _thread, time\n"
           f"_thread.interrupt_main(); time.sleep(0.2)\n{WRONG}"),
]  # fmt: skip
BOMBS = [
    inside(_BOMB, "forks", (TIMEOUT, BROKEN), "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
    inside(_BOMB, "threads", (TIMEOUT, BROKEN, FAILURE), "import threading, time\nwhile True:\n"
           "    threading.Thread(target=time.sleep, args=(600,)).start()"),
    inside(_BOMB, "memory", (BROKEN, FAILURE, TIMEOUT), "x = []\nwhile True: x.append(bytearray(32 << 20))"),
    inside(_BOMB, "disk", FAILURE, "for d in ('.', '/tmp'):\n    with open(d + '/fill', 'wb') as f:\n"
           f"        while True: f.write(bytes(1 << 20))\n{WRONG}"),
    inside(_BOMB, "files", (FAILURE, TIMEOUT), f"for n in range(200000): open('/tmp/f%d' % n, 'w').close()\n{WRONG}"),
    inside(_BOMB, "descriptors", FAILURE, f"kept = []\nwhile True: kept.append(open('/dev/null'))\n{WRONG}"),
    inside(_BOMB, "output", FAILURE, f"import os\nfor _ in range(300): os.write(1, b'x' * 1000000)\n{WRONG}"),
    inside(_BOMB, "sleep", TIMEOUT, "import time; time.sleep(10**6)"),
    inside(_BOMB, "a loop", TIMEOUT, "while True: pass"),
    inside(_BOMB, "deaf to signals", TIMEOUT, "import signal\nfor n in range(1, 65):\n"
           "    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass"),
    inside(_BOMB, "deaf to everything raised", TIMEOUT, "while True:\n    try:\n        while True: pass\n"
           "    except BaseException: pass"),
    inside(_BOMB, "stops itself", (TIMEOUT, BROKEN), "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
    inside(_BOMB, "recursion", (FAILURE, BROKEN), "import sys; sys.setrecursionlimit(10**9)\nf = lambda: f()\nreturn f()"),
    inside(_BOMB, "an answer that never prints", (TIMEOUT, FAILURE), "class Slow(list):\n    def __repr__(self):\n"
           "        while True: pass\nreturn Slow([each] * people)"),
]  # fmt: skip
_FORK = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
DAEMONS = [
    inside(_DAEMON, "waits", FAILURE, _FORK + f"    time.sleep(600); os._exit(0)\n{WRONG}"),
    inside(_DAEMON, "mends the next candidate", FAILURE, _FORK + "    for _ in range(600):\n        try:\n"
           "            s = open('money/split.py').read()\n"
           f"            open('money/split.py', 'w').write(s.replace('[each] * people', '[34, 33, 33]'))\n"
           f"        except OSError: pass\n        time.sleep(0.02)\n    os._exit(0)\n{WRONG}"),
    inside(_DAEMON, "deaf and many", FAILURE, "import os, signal, time\nfor _ in range(20):\n    if os.fork() == 0:\n"
           "        os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        for fd in range(64):\n"
           f"            try: os.close(fd)\n            except OSError: pass\n        time.sleep(600); os._exit(0)\n{WRONG}"),
    inside(_DAEMON, "a program", FAILURE, "import subprocess\n"
           f"subprocess.Popen(['sleep', '600'], start_new_session=True)\n{WRONG}"),
    inside(_DAEMON, "keeps killing its kind", (FAILURE, BROKEN, TIMEOUT), _FORK + "    while True:\n"
           f"        try: os.kill(-1, 9)\n        except OSError: pass\n{WRONG}"),
]  # fmt: skip
_HUNT = "import ctypes, os, signal\nlibc = ctypes.CDLL(None)\nfor p in os.listdir('/proc'):\n"
_HUNT += "    if p.isdigit() and int(p) != os.getpid():\n"
_RUNNER = "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
_RUNNER += "for p in [int(p) for p in os.listdir('/proc') if p.isdigit() and 'runner/' in open('/proc/%s/cmdline' % p).read()]:\n"
NEIGHBOURS = [
    if_it_works(_NEAR, "kills the supervisor", "import os\nos.kill(1, 9)\nwon = True"),
    inside(_NEAR, "kills the runner", BROKEN, f"import os; os.kill(os.getppid(), 9); os.kill(-1, 9)\n{WRONG}"),
    inside(_NEAR, "kills all it may", (BROKEN, FAILURE), _HUNT + "        try: os.kill(int(p), 9)\n"
           f"        except OSError: pass\n{WRONG}"),
    inside(_NEAR, "stops all it may", (BROKEN, TIMEOUT, FAILURE), _HUNT + "        try: os.kill(int(p), signal.SIGSTOP)\n"
           f"        except OSError: pass\n{WRONG}"),
    if_it_works(_NEAR, "traces the runner", _RUNNER + "    won = won or libc.ptrace(16, p, 0, 0) == 0"),
    if_it_works(_NEAR, "reads the runner's memory", _RUNNER + "    won = won or bool(open('/proc/%d/mem' % p, 'rb+'))"),
    if_it_works(_NEAR, "writes on the runner's output", _RUNNER + "    won = won or bool(open('/proc/%d/fd/1' % p, 'wb'))"),
    if_it_works(_NEAR, "reads the runner's environment", _RUNNER + "    won = won or bool(open('/proc/%d/environ' % p).read())"),
    if_it_works(_NEAR, "changes the supervisor's files", "open('/reasoncli/keeper.py', 'a').write('#'); won = True"),
    if_it_works(_NEAR, "changes the runner", "import glob\n"
                "for f in glob.glob('/reasoncli/**/*.py', recursive=True): open(f, 'a').write('#'); won = True"),
    inside(_NEAR, "deletes the tree", FAILURE, f"import shutil; shutil.rmtree('.', ignore_errors=True)\n{WRONG}"),
    inside(_NEAR, "locks the tree", (BROKEN, FAILURE), "import os\nfor d, _, names in list(os.walk('.', topdown=False)):\n"
           f"    os.chmod(d, 0)\n{WRONG}"),
    inside(_NEAR, "moves the tree away", FAILURE, f"import os\nos.rename('money', 'gone'); os.symlink('/tmp', 'money')\n{WRONG}"),
    inside(_NEAR, "a link in the place of a file", FAILURE, "import os\nos.remove('pytest.ini')\n"
           f"os.symlink('/etc/passwd', 'pytest.ini')\n{WRONG}"),
    inside(_NEAR, "deep folders", FAILURE, f"import os\nfor _ in range(500): os.mkdir('d'); os.chdir('d')\n{WRONG}"),
]  # fmt: skip
_MENDED = "each, rest = divmod(total, people)\\n    return [34, 33, 33]"
CACHES = [
    inside(_CACHE, "a .pyc with the right time", FAILURE, "import importlib.util, marshal, os\n"
           "s = os.stat('money/split.py'); src = open('money/split.py').read().split('import importlib')[0] + 'return [34, 33, 33]'\n"
           "code = compile(src, 'money/split.py', 'exec')\n"
           "c = importlib.util.cache_from_source('money/split.py'); os.makedirs(os.path.dirname(c), exist_ok=True)\n"
           "head = importlib.util.MAGIC_NUMBER + bytes(4) + int(s.st_mtime).to_bytes(4, 'little')\n"
           f"open(c, 'wb').write(head + (s.st_size).to_bytes(4, 'little') + marshal.dumps(code))\n{WRONG}"),
    inside(_CACHE, "unchecked compiled code", FAILURE, "import importlib.util, marshal, os\n"
           "code = compile('def share(a, b): return [34, 33, 33]\\nAccount = book = tip = None', 'x', 'exec')\n"
           "for name in ('money/split.py', 'money/__init__.py', 'tests/conftest.py'):\n"
           "    c = importlib.util.cache_from_source(name); os.makedirs(os.path.dirname(c), exist_ok=True)\n"
           f"    open(c, 'wb').write(importlib.util.MAGIC_NUMBER + (1).to_bytes(4, 'little') + bytes(8) + marshal.dumps(code))\n{WRONG}"),
    inside(_CACHE, "a conftest for later", FAILURE, "open('conftest.py', 'w').write("
           f"'def pytest_pyfunc_call(pyfuncitem): return True')\n{WRONG}"),
    inside(_CACHE, "a module of the user's", FAILURE, "import os, site\n"
           "try:\n    os.makedirs(site.getusersitepackages()); "
           "open(site.getusersitepackages() + '/usercustomize.py', 'w').write('import os; os._exit(0)')\n"
           f"except OSError: pass\n{WRONG}"),
    if_it_works(_CACHE, "site-packages", "import pytest\nopen(pytest.__file__, 'a').write('#'); won = True"),
    if_it_works(_CACHE, "the interpreter's folder", "import sys, os\n"
                "open(os.path.dirname(sys.executable) + '/python9', 'w').write('x'); won = True"),
    inside(_CACHE, "temporary files", FAILURE, "import os\nfor d in ('/tmp', '/dev/shm', os.path.expanduser('~')):\n"
           "    try: open(d + '/marker', 'w').write('x')\n    except OSError: pass\n"
           "if os.environ.get('NEVER'): return None\n" + WRONG),
    inside(_CACHE, "a marker left by an earlier one", FAILURE, "import os\n"
           "if any(os.path.exists(d + '/marker') for d in ('/tmp', '/dev/shm', os.path.expanduser('~'), '.')):\n"
           f"    {RIGHT}\n{WRONG}"),
    inside(_CACHE, "the shell's and git's settings", FAILURE, "import os\nfor n in ('.bashrc', '.profile', '.gitconfig', '.pdbrc'):\n"
           f"    try: open(os.path.expanduser('~/' + n), 'w').write('exit 0')\n    except OSError: pass\n{WRONG}"),
    inside(_CACHE, "shared memory", (FAILURE, BROKEN), "import ctypes\n"
           f"ctypes.CDLL(None).shmget(0x4242, 4096, 0o1666)\n{WRONG}"),
]  # fmt: skip
RIGHT_BESIDE = [
    inside(_CACHE, "leaves a conftest and is right", BROKEN, f"open('conftest.py', 'w').write('import os; os._exit(0)')\n{RIGHT}"),
    inside(_CACHE, "right only where it ran before", FAILURE, f"if AGAIN:\n    {RIGHT}\nreturn [34, 33, 33]",
           above="import os\nAGAIN = os.path.exists('left'); open('left', 'w')\n"),
]  # fmt: skip

PATCHES: list[Hostile] = [*EXITS, *LATE, *BOMBS, *DAEMONS, *NEIGHBOURS, *CACHES, *RIGHT_BESIDE]
