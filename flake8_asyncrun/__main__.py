"""python -m flake8_asyncrun: the same as asyncrun-fix."""

from flake8_asyncrun.cli import main

main(prog_name="asyncrun-fix")
