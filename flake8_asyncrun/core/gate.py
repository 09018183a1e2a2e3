"""Which files can have a finding at all. Imports nothing, so that asking costs next to nothing."""

_WORDS = ("asyncio", "uvloop", "anyio")
_ASYNCIO, _UVLOOP, _ANYIO = (word.encode() for word in _WORDS)

_NOQA = (b"noqa", b"NOQA", b"NoQA")

# Mere letters that stand in many a word, so it has to be one.
_TRIO = "trio"

_UTF_8 = frozenset({b"utf-8", b"utf8"})


def may_have_findings(text: str) -> bool:
    """Say whether `text` names a module that the rules need to see named.

    All rules speak of asyncio's own functions, of what runs coroutines in its place, or of objects
    that a run of asyncio uses. A file that reaches these only through another module's names is
    passed over: a missed alarm at most.
    """
    return _names(text) or (not text.isascii() and _names(_as_python_reads(text)))


def may_be_dropped(data: bytes) -> bool:
    """Say whether the bytes of a file are surely a text that `may_have_findings` denies, and that
    silences none either (see `may_silence`).

    False, too, for what may be no text at all, and for all that is not said in UTF-8: other
    encodings can spell a word in other bytes.
    """
    # In this order, and one by one: this is most of what a run does with most files.
    if _ASYNCIO in data or _UVLOOP in data or _ANYIO in data:
        return False
    if any(word in data for word in _NOQA) and may_silence(data.decode("latin-1")):
        return False
    if b"trio" in data and _has_word(data.decode("latin-1")):
        return False
    if not data.isascii():
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return False
        if _names(_as_python_reads(text)):
            return False
    head = data[: data.find(b"\n", data.find(b"\n") + 1)]
    return b"coding" not in head or _is_said_to_be_utf_8(head)


def may_silence(text: str) -> bool:
    """Say whether a text may have a `# noqa` with a code of ours, in one of its usual spellings."""
    import re  # not above: few texts come here

    return re.search(r"# (?:noqa|NOQA|NoQA):[^\r\n]*\b(?i:RUN)\d", text) is not None


def _names(text: str) -> bool:
    return any(word in text for word in _WORDS) or (_TRIO in text and _has_word(text))


def _has_word(text: str) -> bool:
    import re  # not above: few texts come here

    return re.search(rf"\b{_TRIO}\b", text, re.ASCII) is not None


def _as_python_reads(text: str) -> str:
    """Return a text with its names as Python knows them: there is more than one way to spell an
    "s" (PEP 3131)."""
    import unicodedata  # not above: few texts come here

    return unicodedata.normalize("NFKC", text)


def _is_said_to_be_utf_8(head: bytes) -> bool:
    """Say whether whatever may be a cookie (PEP 263) in the first lines of a file names UTF-8."""
    import re  # not above: few files come here

    said = re.findall(rb"coding[:=][ \t]*([-\w.]+)", head)
    return {name.lower().replace(b"_", b"-") for name in said} <= _UTF_8
