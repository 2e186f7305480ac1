"""`python -m deployer`: the command line."""

import sys

from deployer.cli import main

sys.exit(main())
