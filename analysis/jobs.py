"""What the analysis does in every round, hung into the tick of the floor below when this is imported.

The work itself is loaded when there is some: NumPy and its friends cost 25 MB and half a second.
"""

from analysis.alerts.jobs import watch as watch_figures
from analysis.drivers.jobs import keep_moments
from analysis.recounting import recount_a_month
from analysis.reports.jobs import make_reports
from analysis.words.learning import learn
from analysis.words.suggesting import suggest_new
from followup.jobs import ABOVE, Job

JOBS: dict[str, Job] = {
    "learn": learn,
    "suggest": suggest_new,
    "reports": make_reports,
    "moments": keep_moments,
    "recount": recount_a_month,
    "alerts": watch_figures,
}


def listen() -> None:
    """Hang the jobs of the analysis into the tick."""
    ABOVE.update(JOBS)
