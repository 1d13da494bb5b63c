"""Every library of the process that finds this logs all that it can: to the file DEBUG_LOG, or to standard error."""

import logging
import os

logging.basicConfig(
    level=logging.DEBUG, filename=os.environ.get("DEBUG_LOG"), format="%(name)s %(levelname)s %(message)s"
)
