"""Why a figure changed: mix and mode, who answered, and customers who were asked twice."""
