"""What is served over HTTP; needs the extra `web`."""

from agentic_core.web.jobs_app import RunRoute, jobs_app
from agentic_core.web.serving import serve, serve_jobs

__all__ = ["RunRoute", "jobs_app", "serve", "serve_jobs"]
