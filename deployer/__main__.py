"""`python -m deployer`: the command line."""

from deployer.cli import main

main()
