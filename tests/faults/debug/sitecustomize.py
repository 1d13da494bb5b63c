"""Every library of the process that finds this logs all that it can, to standard error."""

import logging

logging.basicConfig(level=logging.DEBUG, format="%(name)s %(levelname)s %(message)s")
