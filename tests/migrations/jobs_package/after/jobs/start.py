from .work import begin


def start_all(names):
    """Start all jobs, and return a future of their results."""
    return begin(*names)
