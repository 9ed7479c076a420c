"""trouble.py: a full disk and bad labs: a clear error that says what to do, exit status 1, nothing left."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from common import Sandbox

MODEL = pathlib.Path(__file__).resolve().parents[2] / "labs" / "missing-index"

# How a copy of a sound lab is spoilt, and what must be said of it.
SPOILT = [
    ("bad-yaml", lambda lab: (lab / "lab.yaml").write_text("title: [\n"), "lab.yaml:"),
    ("unknown-key", lambda lab: (lab / "lab.yaml").write_text((lab / "lab.yaml").read_text() + "\nspeed: fast\n"),
     "speed"),
    ("unknown-kind", lambda lab: (lab / "lab.yaml").write_text(
        (lab / "lab.yaml").read_text().replace("kind: same-rows", "kind: same-speed")), "same-speed"),
    ("no-readme", lambda lab: (lab / "README.md").unlink(), "README.md"),
    ("no-slow", lambda lab: (lab / "slow.sql").unlink(), "slow.sql"),
    ("bad-break", lambda lab: (lab / "break.sql").write_text("DROP INDEX no_such_index;\n"), "break.sql"),
    ("bad-params", lambda lab: (lab / "params.sql").write_text("SELECT id FROM no_such_table\n"), "params.sql"),
    ("bad-slow", lambda lab: (lab / "slow.sql").write_text("SELECT no_such_column FROM tasks\n"), "no_such_column"),
]


class Trouble:
    def __init__(self):
        self.sandbox = Sandbox()
        self.bad = []
        assert self.sandbox.run_lab("missing-index")["verdict"] == "passed"
        self.before = self.sandbox.checksums()

    def expect(self, what, done, said):
        status, out, complaint = done
        if status != 1:
            self.bad.append(f"{what}: exit status {status}: {out[-300:]}{complaint[-300:]}")
        elif said not in complaint:
            self.bad.append(f"{what}: \"{said}\" is not in: {complaint[-500:]}")
        left = self.sandbox.left_behind()
        if left:
            self.bad.append(f"{what}: left behind: {left}")
        if self.sandbox.checksums() != self.before:
            self.bad.append(f"{what}: the service's data changed")

    def bad_labs(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-labs-"))
        for slug, spoil, said in SPOILT:
            shutil.copytree(MODEL, folder / slug)
            spoil(folder / slug)
            self.expect(slug, self.sandbox.call("lab", "run", slug, "--local", "--labs-dir", str(folder)), said)
        shutil.rmtree(folder)

    def full_disk(self):
        """A lab whose broken state fills a small tablespace."""
        if os.geteuid() != 0:
            print("full disk: skipped: mounting a small file system needs root")
            return
        place = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-full-", dir="/var/tmp"))
        labs = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-labs-"))
        cluster = self.sandbox.cluster
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", str(place)], check=True)
        try:
            (place / "space").mkdir()
            shutil.chown(place / "space", "postgres")
            cluster.query(f"CREATE TABLESPACE small_space OWNER tasklab LOCATION '{place}/space'")
            shutil.copytree(MODEL, labs / "full-disk")
            (labs / "full-disk" / "break.sql").write_text(
                "SET default_tablespace = small_space;\nCREATE TABLE filling AS SELECT * FROM tasks;\n")
            done = self.sandbox.call("lab", "run", "full-disk", "--local", "--labs-dir", str(labs))
            self.expect("full disk", done, "disk")
            print("number: a full disk is said as: " + done[2].strip().splitlines()[-1])
            assert self.sandbox.run_lab("missing-index")["verdict"] == "passed"
            cluster.query("DROP TABLESPACE small_space")
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
            shutil.rmtree(place, ignore_errors=True)
            shutil.rmtree(labs)

    def server_gone(self):
        self.sandbox.cluster.stop()
        done = self.sandbox.call("lab", "run", "missing-index", "--local")
        self.sandbox.cluster.start()
        self.expect("server gone", done, "the database is not available")
        self.expect("server gone", done, "`tasklab doctor`")
        self.expect("wrong database", self.sandbox.call(
            "lab", "run", "missing-index", "--local",
            database_url=self.sandbox.cluster.url.replace("/tasklab", "/no_such_database")), "no_such_database")


def main():
    trouble = Trouble()
    try:
        trouble.bad_labs()
        trouble.full_disk()
        trouble.server_gone()
    finally:
        trouble.sandbox.remove()
    print("\n".join(trouble.bad) or "tests passed")
    return 1 if trouble.bad else 0


if __name__ == "__main__":
    sys.exit(main())
