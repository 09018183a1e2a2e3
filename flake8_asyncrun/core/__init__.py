"""From a text to findings, and from findings to a text. No files, no output, no state."""
