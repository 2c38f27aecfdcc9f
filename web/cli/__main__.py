"""`python -m web.cli`: the command `metiers` without installing it."""

from web.cli.commands import main

main()
