"""Files that a test command runs or is configured by: a patch may no more change them than the tests."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

_INTERPRETER = re.compile(r"(?:python|pypy|node|ruby|perl|php|sh|bash|zsh|dash|ksh)[\d.]*")
_VALUED = frozenset({"-X", "-W", "-o", "-O", "-r", "--require", "-I", "-L"})  # options of interpreters with a value
_BEFORE = frozenset(
    {"exec", "env", "time", "timeout", "nice", "ionice", "nohup", "stdbuf", "setsid", "xvfb-run", "sudo", "command"}
)
_RUNNERS = frozenset({"poetry", "uv", "pdm", "pipenv", "hatch", "rye", "conda", "mamba", "micromamba", "bundle"})
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?[smhd]?")
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
    words = _without_wrappers(words)
    if not words:
        return
    name = posixpath.basename(words[0])
    yield from _READS.get(name.removesuffix("w"), _READS.get(name, ()))
    if _INTERPRETER.fullmatch(name):
        script = _script(name, words[1:])
        if script is not None:
            yield posixpath.normpath(script)
    elif "/" in words[0] and not words[0].startswith("/"):
        yield posixpath.normpath(words[0])


def _without_wrappers(words: list[str]) -> list[str]:
    """A command without what starts it: variables, `timeout 60`, `nice -n 5`, `poetry run`."""
    while words:
        if "=" in words[0]:
            words = words[1:]
        elif words[0] in _BEFORE:
            words = words[1:]
            while words and (words[0].startswith("-") or "=" in words[0] or _AMOUNT.fullmatch(words[0])):
                words = words[1:]
        elif words[0] in _RUNNERS and words[1:2] in (["run"], ["exec"]):
            words = words[2:]
            while words and words[0].startswith("-"):
                words = words[1:]
        else:
            break
    return words


def _script(name: str, words: list[str]) -> str | None:
    """What an interpreter runs, by its arguments; nothing for a module or for code on the command line."""
    valued = False
    for word in words:
        if word in ("-m", "-c") or (word == "-e" and not name.endswith("sh")):
            return None
        if not valued and not word.startswith("-"):
            return word
        valued = word in _VALUED
    return None
