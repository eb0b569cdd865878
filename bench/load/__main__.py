"""Runs `bench.load.measure`."""

import sys

from bench.load.measure import main

sys.exit(main())
