"""Which files can have a finding at all. Imports nothing, so that asking costs next to nothing."""

_WORDS = ("asyncio", "uvloop")


def may_have_findings(text: str) -> bool:
    """Say whether `text` names a module that every rule needs to see named.

    All rules speak of asyncio's own functions or of objects that a run of asyncio uses, and a
    program cannot reach either without one of these words in the file that does so.
    """
    return any(word in text for word in _WORDS)
