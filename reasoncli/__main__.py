"""`python -m reasoncli`."""

from reasoncli.cli import main

if __name__ == "__main__":
    main()
