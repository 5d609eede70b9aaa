"""How gunicorn runs Huifang: gunicorn "app:create_app()". Its logs go through our redaction."""

from core import logs

workers = 2
threads = 4
timeout = 60
graceful_timeout = 30
logconfig_dict = logs.config("INFO")
access_log_format = "%(m)s %(U)s %(s)s %(M)s ms"  # no address of the reader, no query
control_socket_disable = True  # nothing of ours uses it, and it would write into the home folder
