"""``python -m idolens``: the command line."""

from idolens.cli import main

if __name__ == "__main__":
    main()
