"""Data: what calls of libraries do, for where their sources are not to be had."""
