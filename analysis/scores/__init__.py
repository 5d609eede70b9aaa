"""Statistics of two periods from count tables; pure functions, each with its formula's source."""

from analysis.scores.families import benjamini_hochberg, holm
from analysis.scores.means import MeanChange, MeanScore, mean_score, welch
from analysis.scores.nets import NetChange, NetScore, net_change, net_score
from analysis.scores.ranks import (
    BrunnerMunzel,
    CliffsDelta,
    MannWhitney,
    brunner_munzel,
    cliffs_delta,
    mann_whitney,
)
from analysis.scores.shares import Share, ShareChange, newcombe, top_box, wilson

__all__ = [
    "BrunnerMunzel",
    "CliffsDelta",
    "MannWhitney",
    "MeanChange",
    "MeanScore",
    "NetChange",
    "NetScore",
    "Share",
    "ShareChange",
    "benjamini_hochberg",
    "brunner_munzel",
    "cliffs_delta",
    "holm",
    "mann_whitney",
    "mean_score",
    "net_change",
    "net_score",
    "newcombe",
    "top_box",
    "welch",
    "wilson",
]
