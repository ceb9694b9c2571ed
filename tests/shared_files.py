"""Where tests find the published vectors and corpora that are not copied into this project.

Only finding files belongs here. The folder stands beside the repository (`../shared`); the environment variable
KRETS_SHARED names another place. A test that asks for an absent file is skipped and says which file it wanted.
"""

import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_folder() -> Path:
    """The folder of shared vectors and corpora; it need not exist."""
    return Path(os.environ.get("KRETS_SHARED") or REPOSITORY.parent / "shared")


def shared_file(*parts: str) -> Path:
    """The path of one shared file or folder. Skips the calling test when it is not there."""
    path = shared_folder().joinpath(*parts)
    # For the list of tests that use shared files (tests/conftest.py), also of those that find theirs absent.
    sys.audit("krets.shared_file", str(path.resolve()))
    if not path.exists():
        pytest.skip(f"shared file {'/'.join(parts)} is not here; set KRETS_SHARED to the folder that has it")
    return path
