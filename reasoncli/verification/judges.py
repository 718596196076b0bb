"""Files that a test command runs or is configured by: a patch may no more change them than the tests."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

_INTERPRETER = re.compile(r"(?:python|pypy|coverage|node|ruby|perl|php|sh|bash|zsh|dash|ksh)[\d.]*")
_SHELL = re.compile(r"(?:ba|z|da|k)?sh")
_LOADS = frozenset({"-r", "--require", "--import"})  # options of interpreters whose value is run, too
_VALUED = _LOADS | frozenset({"-X", "-W", "-o", "-O", "-I", "-L"})  # options of interpreters with a value
_BEFORE = {  # what starts the words behind it, with those of its options that have a value
    **dict.fromkeys(("exec", "time", "nohup", "setsid", "command", "bundle"), ""),
    **dict.fromkeys(("pdm", "rye"), "-p --project --venv"),
    **{"env": "-u --unset -C --chdir", "timeout": "-k --kill-after -s --signal", "nice": "-n --adjustment"},
    **{"ionice": "-c -n -t", "stdbuf": "-i -o -e", "taskset": "-c", "sudo": "-u -g", "chrt": "-p"},
    **{"xvfb-run": "-s --server-args -n --server-num -e -f -p -w", "poetry": "-C --directory -P --project"},
    **{"uv": "--with --extra --group --python -p --package --env-file --directory --project --with-requirements"},
    **{"hatch": "-e --env", "pipenv": "--python", **dict.fromkeys(("conda", "mamba", "micromamba"), "-n -p --name")},
}
_AMOUNT = re.compile(r"-?\d[\d,-]*(?:\.\d+)?[smhd]?")
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
        yield from _interpreted(name, words[1:])
    elif "/" in words[0] and not words[0].startswith("/"):
        yield posixpath.normpath(words[0])


def _without_wrappers(words: list[str]) -> list[str]:
    """A command without what starts it: variables, `timeout 60`, `nice -n 5`, `poetry run`."""
    while words:
        if "=" in words[0]:
            words = words[1:]
        elif words[0] in _BEFORE:
            valued = _BEFORE[words[0]].split()
            words = words[1:]
            while words and (words[0] in ("run", "exec") or words[0].startswith("-") or _AMOUNT.fullmatch(words[0])):
                words = words[2 if words[0] in valued else 1 :]
        else:
            break
    return words


def _interpreted(name: str, words: list[str]) -> Iterator[str]:
    """What an interpreter runs, by its arguments; nothing for a module or for code on the command line."""
    option = ""
    if name == "coverage":
        words = words[1:]  # `run`
    for number, word in enumerate(words):
        if word == "-c" and _SHELL.fullmatch(name):
            for line in words[number + 1 : number + 2]:
                yield from judging_files(line)
            return
        if word == "-m" and words[number + 1 : number + 2] == ["coverage"]:
            yield from _interpreted("coverage", words[number + 2 :])
            return
        if word in ("-m", "-c") or (word == "-e" and not _SHELL.fullmatch(name)):
            return
        if option not in _VALUED and not word.startswith("-"):
            yield posixpath.normpath(word)
            return
        if option in _LOADS and word.startswith("."):
            yield posixpath.normpath(word)
        option = word
