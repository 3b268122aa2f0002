"""Why a set-up fails: what installers and systems write, what it means, and the way out."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cause:
    """One reason to fail.

    `resumes` is true where nothing half made is left, so that the next run can go on with what is there.
    """

    pattern: str
    meaning: str
    way_out: str
    resumes: bool = False


CAUSES = [
    Cause(
        r"No space left|Errno 28|os error 28|os error 112|not enough space|[Dd]isk quota",
        "the disk is full",
        "Free 3 GB and run the same command again.",
    ),
    Cause(
        r"Nothing was installed: pip's own settings",
        "pip's own settings send libraries to another place",
        "Take that setting out with: python -m pip config unset NAME (the name stands above). Then run the same "
        "command again.",
        resumes=True,
    ),
    Cause(
        r"Nothing was installed: ",
        "another program changed the new folder while it was being filled",
        "Run the same command again: it makes a new one.",
    ),
    Cause(
        r"ensurepip is not available|No module named '?(venv|ensurepip)",
        "this Python cannot make a folder for libraries, since its venv module is missing",
        "On Debian and Ubuntu run: sudo apt install python3-venv. Then run the same command again.",
    ),
    Cause(
        r"ssl module is not available|No module named '?_ssl",
        "this Python was built without encryption, and can load nothing from the network",
        "Install Python from https://www.python.org/downloads/ and run start.py with it.",
    ),
    Cause(
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer",
        "the network's certificate is not trusted, as happens behind the proxy of a hospital or company",
        "Ask there for the certificate file, set PIP_CERT and SSL_CERT_FILE to its path, run the same command again.",
        resumes=True,
    ),
    Cause(
        r"Proxy Authentication Required|Tunnel connection failed|\b407\b",
        "the proxy of this network lets nothing through without a name and a password",
        "Set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT as the network's help page says, and run the same command "
        "again.",
        resumes=True,
    ),
    Cause(
        r"ProxyError|[Pp]roxy URL|proxy connect|Cannot connect to proxy|Not supported proxy scheme",
        "the proxy that is set here cannot be reached",
        "Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (unset them outside the network that they belong to), and run "
        "the same command again.",
        resumes=True,
    ),
    Cause(
        r"Long Path|WinError 206|path is too long|File name too long",
        "the path of this folder is too long",
        r"Move the folder to a short path such as C:\ecgteach and run the same command again.",
    ),
    Cause(
        r"Read-only file system|Errno 30\b",
        "this folder lies on a disk that cannot be written",
        "Copy the folder to a place of your own and run start.py there.",
    ),
    Cause(
        r"Permission denied|Access is denied|WinError (5|32)\b|Operation not permitted",
        "a file in .venv cannot be written: another program has it open, or it belongs to another user",
        "Close JupyterLab and whatever else uses this folder, and run the same command again.",
    ),
    Cause(
        r"Visual C\+\+ .*required|unable to execute '|\b(gcc|cc|clang|cl)(\.exe)?'?: (command )?not found|"
        r"command '\S*(gcc|cc|clang|cl\.exe)' failed|Failed building wheel|Failed to build",
        "a library has no ready-made file for this Python, and building it needs a compiler",
        "Python 3.11 to 3.14 have ready-made files: run start.py with one of these.",
    ),
    Cause(
        r"name resolution|getaddrinfo|dns error|NewConnectionError|Network is unreachable|Connection (refused|reset)|"
        r"timed out|error sending request|Failed to fetch|Could not connect|Max retries exceeded",
        "no network, or the package index cannot be reached",
        "Look at the connection (and at the proxy, where there is one), and run the same command again.",
        resumes=True,
    ),
    Cause(
        r"No matching distribution found|No solution found|not a supported wheel",
        "a library does not exist for this Python or this machine",
        "Python 3.11 to 3.14 are served, on Linux, on Windows and on Macs with Apple silicon (macOS 14 or later): "
        "run start.py with one of these.",
        resumes=True,
    ),
]
"""In this order: the first that fits is told, and "no network" also looks like "no such library"."""


class SetupError(Exception):
    """Something that the person at the keyboard can mend; the message says what and how."""


class StepFailed(SetupError):
    """A step of the set-up ended badly, from a known cause or not."""

    def __init__(self, output: str, log: Path) -> None:
        self.cause = cause_of(output)
        super().__init__(failure(output, self.cause, log))


def cause_of(output: str) -> Cause | None:
    """The first known cause that fits what an installer wrote."""
    return next((cause for cause in CAUSES if re.search(cause.pattern, output)), None)


def failure(output: str, cause: Cause | None, log: Path) -> str:
    """What a person needs who has just seen a step fail: the last lines, the cause in words, the way out."""
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-20:])
    told = (
        f"What happened: {cause.meaning}.\nWhat to do:    {cause.way_out}"
        if cause
        else "What happened: start.py does not know this one; the lines above may say.\n"
        "What to do:    Run the same command again. If it fails again, ask, and show the whole log."
    )
    return f"{tail}\n\n{told}\nThe whole log: {log}"
