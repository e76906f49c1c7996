"""``python -m kinephen`` is the command line."""

from kinephen.cli.app import main

if __name__ == "__main__":
    main()
