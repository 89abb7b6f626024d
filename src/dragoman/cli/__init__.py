"""The command: arguments in, exit codes out. 0 done, 1 it did not work, 2 wrong usage."""

import sys


def main() -> None:
    """Run the command; without the extra that brings it, say which one that is."""
    try:
        import click  # noqa: F401 # only to see whether it is there
    except ImportError:
        sys.stderr.write(
            'dragoman: the command needs an extra; pip install "dragoman[cli]" brings it\n'
        )
        raise SystemExit(2) from None
    from dragoman.cli.commands import dragoman

    dragoman(prog_name="dragoman")
