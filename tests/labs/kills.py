"""kills.py: SIGKILL of the command, of the service and of PostgreSQL in the middle of a run.

Whatever was killed, and whenever: the service's data are as they were, `lab reset` clears up, nothing
is left, and the next run is right.
"""

import json
import os
import random
import sys
import time

from common import Sandbox, number, wait_until

LAB = "missing-index"


class Kills:
    def __init__(self, moments):
        self.seed = int(os.environ.get("TASKLAB_TEST_SEED", time.time()))
        self.random = random.Random(self.seed)
        self.moments = moments
        self.sandbox = Sandbox()
        assert self.sandbox.run_lab(LAB)["verdict"] == "passed"  # its template is there from now on
        self.length = min(self.timed_run() for _ in range(3))
        self.before = self.sandbox.checksums()
        print(f"number: seed {self.seed}, a run takes {self.length:.1f} s")

    def timed_run(self):
        begun = time.monotonic()
        self.sandbox.run_lab(LAB)
        return time.monotonic() - begun

    def moment(self):
        """Somewhere within a run: a wait of that length, whatever the run is at then."""
        time.sleep(self.random.uniform(0.02, 0.95) * self.length)

    # What is killed ---------------------------------------------------------------------------------

    def kill_command(self):
        run = self.sandbox.popen("lab", "run", LAB, "--local")
        self.moment()
        run.kill()
        run.communicate()

    def kill_service(self):
        service = self.sandbox.service.start()
        run = self.sandbox.popen("lab", "run", LAB, "--json")
        self.moment()
        service.process.kill()
        service.process.wait()
        report, complaint = run.communicate(timeout=120)
        if run.returncode == 0:  # it had its whole report by then
            assert json.loads(report)["verdict"] == "passed", report
        else:
            assert run.returncode == 1 and complaint, f"{run.returncode}: {complaint}"

    def kill_server(self):
        run = self.sandbox.popen("lab", "run", LAB, "--local")
        self.moment()
        self.sandbox.cluster.kill()
        self.sandbox.cluster.start()
        _, complaint = run.communicate(timeout=120)
        assert run.returncode in (0, 1, 3), complaint

    # What must hold then ----------------------------------------------------------------------------

    def mended(self, what):
        wait_until("reset succeeds", lambda: self.sandbox.call("lab", "reset")[0] == 0, 60)
        left = self.sandbox.left_behind()
        assert not left, f"left after {what}: {left}"
        assert self.sandbox.checksums() == self.before, f"the service's data changed: {what}"

    def run(self):
        for what in ("command", "service", "server"):
            for i in range(self.moments):
                getattr(self, f"kill_{what}")()
                self.mended(f"kill {i + 1} of the {what}")
            assert self.sandbox.run_lab(LAB)["verdict"] == "passed", f"the run after killing the {what}"
            self.mended(f"the run after killing the {what}")
            print(f"number: {what} killed at {self.moments} moments: data unchanged, reset, nothing left")


def main():
    kills = Kills(number(3))
    try:
        kills.run()
    finally:
        kills.sandbox.remove()
    print("tests passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
