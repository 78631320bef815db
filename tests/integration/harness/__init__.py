"""What the integration tests stand on: engines, the manager, the docker command, raw bytes."""

import os

# Everything in a test is reached directly, whatever the environment of the run says.
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)
