"""What documents name: files, links, modules, commands and settings, each looked up where it should be."""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import yaml

CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
MADE_HERE = {".git", ".venv", ".wex"} | CACHES
PACKAGES = "shared|opportunities|bookings|safeguarding|outcomes|integrations|wex|tests"

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
MODULE = re.compile(rf"(?<![\w/.@-])(?:{PACKAGES})(?:\.\w+)+(?![\w/-])")
FILE = re.compile(r"[\w.*<>{},/-]*[\w*>}]\.(?:py|md|ya?ml|json|jsonl|toml|ini|txt|sh|sql|svg)(?![\w/])")
FOLDER = re.compile(r"(?<![\w/.:])[\w.*<>-]+(?:/[\w.*<>-]+)+/?")
NO_FOLDER = re.compile(r"^application/|^\.\.\.|\.v\d+$")  # media types, ends of addresses, event types
MAKE = re.compile(r"(?<![\w/.-])make ([a-z][a-z-]*)")
WEX = re.compile(r"(?<![\w/-])(?:\.venv/bin/)?wex ([a-z][a-z-]*)")
RUN = re.compile(r"python3? -m ([\w.]+)")
SETTING = re.compile(r"WEX_[A-Z][A-Z_]*[A-Z]")


@dataclass(frozen=True, eq=False)
class Repository:
    """What there is to be named."""

    root: Path

    @cached_property
    def paths(self) -> list[str]:
        """Every file and folder, relative to the root; not what is made while working."""
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in MADE_HERE]
            here = Path(folder).relative_to(self.root)
            found += [str(here / name) for name in (*folders, *files)]
        return found

    @cached_property
    def documents(self) -> list[str]:
        return sorted(path for path in self.paths if path.endswith(".md"))

    @cached_property
    def topics(self) -> set[str]:
        """Names that look like modules and are topics."""
        return {each["name"] for each in yaml.safe_load(self._text("deploy/topics.yaml"))["topics"]}

    @cached_property
    def make_targets(self) -> set[str]:
        return set(re.findall(r"^([a-z-]+):", self._text("Makefile"), re.MULTILINE))

    @cached_property
    def wex_commands(self) -> set[str]:
        """The functions under `@app.command`, by the name they are called with."""
        files = ("cli.py", "operating.py")
        tree = ast.parse("\n".join(self._text(f"deploy/local/src/wex/{name}") for name in files))
        commands = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "app.command":
                        given = decorator.args or [ast.Constant(node.name.replace("_", "-"))]
                        commands.add(ast.literal_eval(given[0]))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "app.add_typer":
                commands |= {ast.literal_eval(each.value) for each in node.keywords if each.arg == "name"}
        return commands

    @cached_property
    def settings(self) -> set[str]:
        texts = (self._text("docs/settings.md"), self._text(".env.example"), self._text("docker-compose.yml"))
        return set(SETTING.findall(" ".join(texts)))

    def has(self, path: str, near: str) -> bool:
        """Whether a path is there: from the root, or as the end of one in the document's own folder."""
        wanted = re.sub(r"<[\w-]+>", "*", path.rstrip("/"))
        if PurePosixPath(wanted).parts[:1] in {(each,) for each in MADE_HERE}:
            return True
        return any(self._is_there(each, near) for each in braces(wanted))

    def _is_there(self, wanted: str, near: str) -> bool:
        folder = str(PurePosixPath(near).parent)
        own = "" if folder == "." or folder.startswith("docs") else f"{folder}/"
        return any(
            fnmatchcase(path, wanted) or (path.startswith(own) and fnmatchcase(path, f"*/{wanted}"))
            for path in self.paths
        )

    def leads(self, link: str, near: str) -> bool:
        """Whether a link leads to something in the repository."""
        target = (self.root / near).parent / link.partition("#")[0]
        return target.exists()

    def module_is_there(self, dotted: str) -> bool:
        """Whether a module, or a name in a module, is there."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            file = self._module(parts[:length])
            if file is not None:
                return length == len(parts) or self._defines(file, parts[length])
        return False

    def _module(self, parts: list[str]) -> Path | None:
        sources = ("shared/src", "deploy/local/src", f"services/{parts[0]}/src", ".")
        for source in sources:
            path = self.root.joinpath(source, *parts)
            if path.with_suffix(".py").is_file():
                return path.with_suffix(".py")
            if (path / "__init__.py").is_file():
                return path / "__init__.py"
        return None

    def _defines(self, file: Path, name: str) -> bool:
        return re.search(rf"\b{name}\b", file.read_text()) is not None

    @cache  # noqa: B019 - a repository lives as long as its test
    def _text(self, path: str) -> str:
        return (self.root / path).read_text()


def braces(pattern: str) -> list[str]:
    """A pattern with one pair of braces as the patterns it stands for."""
    if not (found := re.fullmatch(r"(.*?)\{(.*?)\}(.*)", pattern)):
        return [pattern]
    return [found[1] + each + found[3] for each in found[2].split(",")]


def faults(repository: Repository, document: str, text: str) -> list[str]:
    """What a document names that is not there."""
    fences, prose = FENCE.findall(text), FENCE.sub("", text)
    spans = SPAN.findall(prose)
    return [
        *(f"link {link}" for link in links(prose) if not repository.leads(link, document)),
        *(f"path {path}" for path in paths(spans, fences) if not repository.has(path, document)),
        *(f"module {name}" for name in modules(spans, fences) if not known(repository, name)),
        *(f"make {name}" for name in matches(MAKE, spans, fences) - repository.make_targets),
        *(f"wex {name}" for name in matches(WEX, spans, fences) - repository.wex_commands),
        *(
            f"python -m {name}"
            for name in matches(RUN, spans, fences)
            if name.split(".")[0] in PACKAGES.split("|") and not repository.module_is_there(name)
        ),
        *(f"setting {name}" for name in matches(SETTING, spans, fences) - repository.settings),
    ]


def known(repository: Repository, name: str) -> bool:
    return name in repository.topics or repository.module_is_there(name)


def links(prose: str) -> Iterator[str]:
    """Links into the repository."""
    for link in LINK.findall(prose):
        if not re.match(r"[a-z]+:|#", link):
            yield link


def paths(spans: Iterable[str], fences: Iterable[str]) -> set[str]:
    """Files in code of either kind, and folders between backticks."""
    found = matches(FILE, spans, fences)
    for span in spans:
        if FOLDER.fullmatch(span) and not NO_FOLDER.search(span):
            found.add(span)
    return {path for path in found if not path.startswith(("/", "-"))}


def modules(spans: Iterable[str], fences: Iterable[str]) -> set[str]:
    return {name for name in matches(MODULE, spans, fences) if not FILE.fullmatch(name)}


def matches(pattern: re.Pattern[str], spans: Iterable[str], fences: Iterable[str]) -> set[str]:
    """What a pattern finds in code, inline and in blocks."""
    return {found for text in (*spans, *fences) for found in pattern.findall(text)}
