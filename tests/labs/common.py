"""common.py: what the tests of the labs share: a seeded cluster, the command, traces of a run."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from system import System, wait_until  # noqa: E402  (the path above leads to it)

# Rows and a hash of every table of the service but those that remember the labs themselves.
TABLES = """SELECT string_agg(format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I t',
                   tablename, tablename), ' UNION ALL ' ORDER BY tablename)
              FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'lab\\_%'"""

LEFT = """SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'lab\\_%'
          UNION ALL SELECT 'session of ' || coalesce(datname, '?') || ' ' || application_name FROM pg_stat_activity
           WHERE datname LIKE 'lab\\_%' OR application_name LIKE 'tasklab lab\\_%'
          UNION ALL SELECT 'lock ' || objid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1818321523"""


class Sandbox(System):
    """A cluster of the test's own with the small data set, and the settings to work on it."""

    def __init__(self):
        super().__init__(seed="small", serve=False)
        self.popen = self.service.popen

    def call(self, *arguments, **settings):
        """(exit status, standard output, standard error)"""
        done = self.service.call(*arguments, **settings)
        return done.returncode, done.stdout, done.stderr

    def run_lab(self, slug, *arguments):
        """The report of a run that was made stand-alone."""
        status, out, complaint = self.call("lab", "run", slug, "--local", "--json", *arguments)
        if status not in (0, 3):
            raise AssertionError(f"lab run {slug}: {status}: {complaint[-2000:]}")
        return json.loads(out)

    def checksums(self):
        return sorted(self.cluster.query(self.cluster.query(TABLES)).splitlines())

    def left_behind(self):
        """What stays: a session outlives the command that had it by a moment."""
        left = []

        def nothing():
            left[:] = self.cluster.query(LEFT).splitlines()
            return not left

        with contextlib.suppress(AssertionError):
            wait_until("nothing is left", nothing)
        return left


class Busy:
    """One processor kept busy, for as long as the block lasts."""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def number(default):
    """The tests' argument behind the program: how many times."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


__all__ = ["Busy", "Sandbox", "number", "wait_until"]
