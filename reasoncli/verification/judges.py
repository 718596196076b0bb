"""Files that a test command runs or is configured by: a patch may no more change them than the tests."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

_INTERPRETER = re.compile(r"(?:python|pypy|node|ruby|perl|php|sh|bash|zsh|dash|ksh)[\d.]*")
_BEFORE = frozenset({"exec", "env", "time", "nice", "xvfb-run", "sudo", "command"})
_READS = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "gmake": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "rake": ("Rakefile",),
    "bundle": ("Rakefile", ".rspec"),
    "rspec": (".rspec",),
    "mvn": ("pom.xml",),
    "gradle": ("build.gradle", "build.gradle.kts"),
    "ant": ("build.xml",),
    "cargo": (".cargo/config.toml", ".cargo/config"),
    "phpunit": ("phpunit.xml", "phpunit.xml.dist"),
    "npm": (".npmrc",),
    "yarn": (".yarnrc", ".yarnrc.yml"),
    "pnpm": (".npmrc",),
}


def judging_files(command: str) -> tuple[str, ...]:
    """Paths, as globs from the repository's root, of the scripts that a shell line starts and the files they read."""
    return tuple(dict.fromkeys(path for words in _commands(command) for path in _of(words)))


def _commands(command: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("();<>|&"):
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:  # an open quote: the shell will say so
        pass
    yield words


def _of(words: list[str]) -> Iterator[str]:
    while words and ("=" in words[0] or words[0] in _BEFORE):
        words = words[1:]
    if not words:
        return
    name = posixpath.basename(words[0])
    yield from _READS.get(name.removesuffix("w"), _READS.get(name, ()))
    if _INTERPRETER.fullmatch(name):
        script = next((word for word in words[1:] if not word.startswith("-")), None)
        options = words[1 : words.index(script)] if script is not None else []
        if script is not None and not {"-m", "-c"} & set(options):
            yield posixpath.normpath(words[words.index(script) + 1] if options[-1:] == ["-W"] else script)
    elif "/" in words[0] and not words[0].startswith("/"):
        yield posixpath.normpath(words[0])
