"""What the learner has set, and the file it is kept in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from tui.saving import SaveError, reason, save_text
from tui.themes import DEFAULT, THEMES

_FILE = "settings.json"


class Settings(BaseModel):
    """Everything that can be set.

    Attributes:
        theme: name of a theme.
        presenter: large and few panes, for a projector.
        rate: lab seconds a real second, when time is let run.
        reduced_motion: nothing moves by itself but what must.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: str = DEFAULT
    presenter: bool = False
    rate: Literal[1, 60, 600] = 60
    reduced_motion: bool = False

    @field_validator("theme")
    @classmethod
    def _is_one(cls, name: str) -> str:
        known = [theme.name for theme in THEMES]
        if name not in known:
            raise ValueError(f"there is no theme {name!r}, but {', '.join(known)}")
        return name


class SettingsStore:
    """The settings of one learner.

    Args:
        path: the file; ``None``: nothing is kept.

    Attributes:
        settings: as they are now.
        problem: one line about a file that cannot be used; ``""``: none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.problem = ""
        self.settings = self._read()

    @classmethod
    def usual(cls) -> SettingsStore:
        """In the user's configuration folder, as the system has it."""
        return cls(user_config_path("stslab", appauthor=False) / _FILE)

    def change(self, **to: object) -> str:
        """Set something, and keep it.

        Returns:
            Why it could not be kept, in one line; ``""`` when it was. It is set either way.
        """
        self.settings = Settings.model_validate(self.settings.model_dump() | to)
        if self._path is None:
            return ""
        try:
            save_text(self._path, self.settings.model_dump_json(indent=2) + "\n")
        except SaveError as error:
            return f"set for now, but not kept: {error}"
        return ""

    def _read(self) -> Settings:
        if self._path is None:
            return Settings()
        try:
            return Settings.model_validate(json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Settings()
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            self.problem = f"{self._path}: {where}: {first['msg']}; the defaults are used"
        except OSError as error:
            self.problem = f"{self._path}: {reason(error)}; the defaults are used"
        except ValueError:
            self.problem = f"{self._path}: not JSON; the defaults are used"
        return Settings()
