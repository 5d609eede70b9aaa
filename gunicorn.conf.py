"""How gunicorn runs Huifang: gunicorn "app:create_app()". Its logs go through our redaction."""

from core import logs

workers = 2
preload_app = True  # the workers share what is loaded: two of them fit into 130 MB
threads = 4
timeout = 60
graceful_timeout = 30
logconfig_dict = logs.config("INFO")
access_log_format = "%(m)s %(U)s %(s)s %(M)s ms"  # no address of the reader, no query
control_socket_disable = True  # nothing of ours uses it, and it would write into the home folder


def post_worker_init(worker: object) -> None:
    """Give each worker connections of its own; those of the parent must never be shared.

    Not in ``post_fork``: until a worker has set its own signal handlers, a signal to stop would be lost.
    """
    application = worker.app.wsgi()  # type: ignore[attr-defined]
    application.extensions["huifang_database"].engine.dispose(close=False)
