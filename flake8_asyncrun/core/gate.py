"""Which files can have a finding at all. Imports nothing, so that asking costs next to nothing."""

# Of the last one the mere letters stand in many a generated file.
_WORDS = ("asyncio", "uvloop", "anyio", "import trio", "from trio")


def may_have_findings(text: str) -> bool:
    """Say whether `text` names a module that the rules need to see named.

    All rules speak of asyncio's own functions, of what runs coroutines in its place, or of objects
    that a run of asyncio uses. A file that reaches these only through another module's names is
    passed over: a missed alarm at most.
    """
    return any(word in text for word in _WORDS)
