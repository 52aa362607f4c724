"""`python -m advisor` is the command line."""

from advisor.cli.main import main

main()
