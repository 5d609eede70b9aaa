"""What ``huifang doctor`` found: one sentence for one thing that was looked at."""

from dataclasses import asdict, dataclass

OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: str  # ok | warn | bad
    words: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
