"""GitHub: webhooks about runs, deployments, secrets and code."""
