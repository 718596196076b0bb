"""Patches that reach for the network, the host, its engine and its kernel; each is right only if that works."""

from __future__ import annotations

from tests.security.hostile import Hostile, if_it_works

_NET, _HOST, _KERNEL = "network", "the host's files and engine", "devices and the kernel"


def _connect(address: str, family: str = "AF_INET", kind: str = "SOCK_STREAM") -> str:
    return (
        f"import socket\ns = socket.socket(socket.{family}, socket.{kind}); s.settimeout(0.5)\n"
        f"s.connect({address}); s.send(b'x'); won = True"
    )


PATCHES: list[Hostile] = [
    if_it_works(_NET, "an address", _connect("('1.1.1.1', 80)")),
    if_it_works(_NET, "a datagram", _connect("('8.8.8.8', 53)", kind="SOCK_DGRAM")),
    if_it_works(_NET, "the gateway", _connect("('172.17.0.1', 22)")),
    if_it_works(_NET, "a cloud's metadata", _connect("('169.254.169.254', 80)")),
    if_it_works(_NET, "IPv6", _connect("('2606:4700:4700::1111', 80)", family="AF_INET6")),
    if_it_works(_NET, "names", "import socket; won = bool(socket.getaddrinfo('example.com', 80))"),
    if_it_works(_NET, "raw packets", "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); won = True"),
    if_it_works(_NET, "a proxy", "import os; won = any(n.lower().endswith('_proxy') for n in os.environ)"),
    if_it_works(_HOST, "the engine's socket", _connect("'/var/run/docker.sock'", family="AF_UNIX")),
    if_it_works(
        _HOST,
        "any socket in the file system",
        "import os, stat\nfor d, _, names in os.walk('/'):\n    if d.startswith(('/proc', '/sys')): continue\n"
        "    for n in names:\n        try: won = won or stat.S_ISSOCK(os.lstat(os.path.join(d, n)).st_mode)\n"
        "        except OSError: pass",
    ),
    if_it_works(_HOST, "root of the first process", "import os; won = bool(os.listdir('/proc/1/root'))"),
    if_it_works(_HOST, "passwords", "won = bool(open('/etc/shadow').read())"),
    if_it_works(_HOST, "keys in the environment", "import os\nwon = any('KEY' in n or 'TOKEN' in n for n in os.environ)"),
    if_it_works(_HOST, "the host's mounts", "won = any(' /host' in line for line in open('/proc/self/mountinfo'))"),
    if_it_works(_KERNEL, "core_pattern", "open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh'); won = True"),
    if_it_works(_KERNEL, "sysrq", "open('/proc/sysrq-trigger', 'w').write('h'); won = True"),
    if_it_works(_KERNEL, "memory", "open('/dev/mem', 'rb').read(1); won = True"),
    if_it_works(_KERNEL, "a device of its own", "import os, stat; os.mknod('/tmp/sda', stat.S_IFBLK | 0o600, 0x800); won = True"),
    if_it_works(_KERNEL, "a mount", "import ctypes; won = ctypes.CDLL(None).mount(b'none', b'/mnt', b'tmpfs', 0, 0) == 0"),
    if_it_works(_KERNEL, "a namespace", "import ctypes; won = ctypes.CDLL(None).unshare(0x10000000) == 0"),
    if_it_works(_KERNEL, "the limits of its group", "import glob\nfor f in glob.glob('/sys/fs/cgroup/**/*max*', recursive=True):\n"
                "    try: open(f, 'w').write('max'); won = True\n    except OSError: pass"),
    if_it_works(_KERNEL, "another user", "import os; os.setuid(0); won = True"),
    if_it_works(_KERNEL, "a module", "import ctypes; won = ctypes.CDLL(None).syscall(313, 0, b'', 0) == 0"),
    if_it_works(_KERNEL, "the kernel's log", "open('/dev/kmsg', 'w').write('x'); won = True"),
]  # fmt: skip
