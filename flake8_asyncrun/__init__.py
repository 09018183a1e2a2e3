"""Finds asyncio code that is handed to the wrong loop, and repairs it."""

__version__ = "0.1.0"
