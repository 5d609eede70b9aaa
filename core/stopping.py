"""Whether this process has been asked to stop; long jobs look here between two items."""

import threading

requested = threading.Event()
