"""Where the studio finds its plan and keeps its things."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudioSettings:
    folder: Path
    #: How often it reports although nothing changed.
    report_s: float = 1.0

    @classmethod
    def of(cls, data_dir: Path) -> "StudioSettings":
        return cls(folder=data_dir / "studio")

    @property
    def plan(self) -> Path:
        return self.folder / "plan.json"

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def slates(self) -> Path:
        return self.folder / "slates"

    @property
    def stops(self) -> Path:
        return self.folder / "stops.json"

    @property
    def conversions(self) -> Path:
        """What was converted, until the plan no longer asks."""
        return self.folder / "conversions.json"

    @property
    def keys(self) -> Path:
        """Apart from the vault, so that a copy of the one is no copy of the other."""
        return self.folder / "keys"

    @property
    def vault(self) -> Path:
        return self.folder.parent / "vault"

    @property
    def uploads(self) -> Path:
        return self.folder.parent / "uploads"
