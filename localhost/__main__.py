"""`python -m localhost`."""

from localhost.command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
