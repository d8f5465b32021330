"""`python -m tests.faults.full_log <service> <role>`: a service's process whose log's disk is full."""

import os
import runpy
import sys

if __name__ == "__main__":
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1)
    os.dup2(full, 2)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
