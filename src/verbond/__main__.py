"""`python -m verbond` is `verbond`."""

from verbond.cli.main import main

if __name__ == "__main__":
    main()
