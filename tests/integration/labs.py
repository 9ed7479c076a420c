#!/usr/bin/env python3
"""labs.py BINARY: labs in the service: over HTTP, and by the commands that ask the service.

A run goes through, is read while it runs, is refused beside another, is cancelled, and ends in order
with the service; its report and the history stay. The commands use the service only when it works on
their database.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import tempfile
import unittest

from system import BINARY, PATIENT, ROOT, Service, SystemTest, free_port, wait_until

LAB = "/api/v1/labs/missing-index"

# What a cancelled statement and a database that is dropped under a session leave in the log.
EXPECTED_ERRORS = r"canceling statement due to user request|terminating connection due to administrator command"


def make_patient(labs):
    """A lab whose run goes on for minutes: what is done to it meanwhile cannot come too late."""
    shutil.copytree(ROOT / "labs/missing-index", labs / "patient")
    slow = labs / "patient/slow.sql"
    sql = slow.read_text(encoding="utf-8")
    assert sql.count("SELECT id,") == 1, sql
    slow.write_text(sql.replace("SELECT id,", "SELECT pg_sleep(0.2), id,"), encoding="utf-8")


class LabsTest(SystemTest):
    system = PATIENT
    expected_errors = EXPECTED_ERRORS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_patient(cls.service.labs)

    def ask(self, method, path, body=None):
        return self.service.request(method, path, body)

    def check_problem(self, answer, status, pattern, field=None):
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"), body)
        self.assertRegex(body["detail"], pattern)
        self.assertEqual(body.get("field"), field, body)

    def begin(self, action="run", lab="missing-index", **members):
        path = f"/api/v1/labs/{lab}/runs"
        status, headers, job = self.ask("POST", path, {"action": action, **members})
        self.assertEqual(status, 202, job)
        self.assertEqual(headers["Location"], f"{path}/{job['id']}")
        self.assertEqual((job["lab"], job["action"], job["finished_at"]), (lab, action, None))
        return headers["Location"]

    def job(self, path):
        status, _, job = self.ask("GET", path)
        self.assertEqual(status, 200, job)
        return job

    def finished(self, path):
        wait_until("the job ends", lambda: self.job(path)["state"] != "running", 300)
        return self.job(path)

    def at_work(self, path, *labels):
        """Waits until the job is at one of the parts that have these labels."""
        wait_until(f"the job is at {labels}", lambda: self.job(path)["progress"]["label"] in labels, 300)

    def databases(self):
        return self.cluster.query("SELECT count(*) FROM pg_database WHERE datname LIKE 'lab\\_%'")

    # The catalogue ------------------------------------------------------------------------------

    def test_catalogue(self):
        status, _, labs = self.ask("GET", "/api/v1/labs")
        self.assertEqual((status, type(labs["problems"])), (200, list))
        slugs = [lab["slug"] for lab in labs["items"]]
        self.assertIn("missing-index", slugs)
        self.assertEqual(slugs, sorted(slugs))
        self.assertEqual(labs["database"]["name"], "tasklab")
        self.assertEqual(labs["database"]["system"],
                         self.cluster.query("SELECT system_identifier FROM pg_control_system()"))
        status, _, lab = self.ask("GET", LAB)
        self.assertEqual((status, lab["title"]), (200, "A missing index"))
        self.assertEqual(len(lab["quiz"][0]["choices"]), 4)
        self.assertNotIn("right", json.dumps(lab["quiz"]))
        self.check_problem(self.ask("GET", "/api/v1/labs/mising-index"), 404, "missing-index", "slug")

    def test_outside_the_sandbox(self):
        plain = Service(BINARY, self.cluster, sandbox="off")
        self.addCleanup(plain.remove)
        plain.start()
        for method, path, body in (("GET", "/api/v1/labs", None), ("GET", LAB, None), ("GET", LAB + "/runs", None),
                                   ("POST", LAB + "/runs", {"action": "run"}), ("GET", LAB + "/runs/1", None),
                                   ("DELETE", LAB + "/runs/1", None)):
            self.check_problem(plain.request(method, path, body), 403, "TASKLAB_SANDBOX=on")
        plain.end()

    def test_refusals(self):
        for body, field in (({"action": "fly"}, "action"), ({"action": "run", "scale": "huge"}, "scale"),
                            ({}, "action"), ({"action": "run", "speed": 1}, "speed")):
            answer = self.ask("POST", LAB + "/runs", body)
            self.assertEqual((answer[0], answer[2]["field"]), (422, field), answer)
        self.check_problem(self.ask("POST", "/api/v1/labs/nothing/runs", {"action": "run"}), 404, "there is no lab", "slug")
        self.check_problem(self.ask("GET", LAB + "/runs/999999"), 404, "no such run")
        self.check_problem(self.ask("DELETE", LAB + "/runs/999999"), 404, "no such job")
        self.assertEqual(self.ask("GET", LAB + "/runs?limit=0")[0], 400)

    # Runs ---------------------------------------------------------------------------------------

    def test_run(self):
        path = self.begin()
        job = self.finished(path)
        self.assertEqual((job["state"], job["accepted"], job["error"]), ("done", True, None))
        self.assertEqual(job["report"]["verdict"], "passed")
        self.assertIsNone(self.ask("GET", "/api/v1/labs")[2]["job"])
        self.assertEqual(self.ask("GET", path + "?format=json")[2], job["report"])
        status, headers, text = self.ask("GET", path + "?format=text&width=80")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
        self.assertIn(b"passed", text)
        self.assertNotIn(b"\033", text)
        self.assertIn(b"\033[", self.ask("GET", path + "?format=text&colour=true")[2])
        for name, begin in (("markdown", b"# missing"), ("html", b"<!DOCTYPE html>")):
            status, headers, text = self.ask("GET", path + "?format=" + name)
            self.assertEqual((status, headers["Content-Type"]), (200, f"text/{name}; charset=utf-8"))
            self.assertTrue(text.startswith(begin), text[:80])
        self.assertEqual(self.ask("GET", path + "?format=poem")[2]["field"], "format")
        self.assertEqual(self.ask("GET", path + "?format=text&width=9")[2]["field"], "width")
        self.assertEqual(self.databases(), "0")
        run = self.ask("GET", LAB + "/runs?limit=1")[2]["items"][0]
        self.assertEqual((run["id"], run["action"], run["accepted"], run["scale"], run["score"]),
                         (job["id"], "run", True, "small", None))

    def test_cancel(self):
        path = self.begin(lab="patient")
        self.check_problem(self.ask("POST", LAB + "/runs", {"action": "reset"}), 409, "busy with run of the lab patient")
        self.check_problem(self.ask("GET", path + "?format=json"), 409, "not finished")
        self.assertEqual(self.ask("GET", "/api/v1/labs")[2]["job"]["lab"], "patient")
        self.at_work(path, "broken")
        at = self.job(path)["progress"]
        wait_until("the progress moves", lambda: self.job(path)["progress"]["done"] > at["done"])
        self.assertEqual(self.ask("DELETE", path)[0], 204)
        job = self.finished(path)
        self.assertEqual((job["state"], job["accepted"], job["report"]), ("cancelled", None, None))
        self.assertIn("stopped", job["error"]["message"])
        self.assertEqual(self.ask("DELETE", path)[0], 204)
        self.check_problem(self.ask("GET", path + "?format=text"), 404, "no report")
        self.assertEqual(self.databases(), "0")

    def test_history(self):
        """Newest first, in pages, also of runs that no engine remembers."""
        self.cluster.query("INSERT INTO lab_runs (slug, scale, finished_at, verdict, report) SELECT 'missing-index',"
                           " 'small', now(), CASE WHEN i % 2 = 0 THEN 'passed' ELSE 'aborted' END,"
                           " CASE WHEN i % 2 = 0 THEN jsonb_build_object('number', i) END FROM generate_series(1, 5) i")
        ids, path = [], LAB + "/runs?limit=2"
        while path:
            _, _, page = self.ask("GET", path)
            ids += [run["id"] for run in page["items"]]
            path = page["next"]
        self.assertGreaterEqual(len(ids), 5)
        self.assertEqual(ids, sorted(set(ids), reverse=True))
        kept = next(i for i in ids if self.job(f"{LAB}/runs/{i}")["report"] == {"number": 4})
        self.assertEqual(self.ask("GET", f"{LAB}/runs/{kept}?format=json")[2], {"number": 4})
        self.check_problem(self.ask("GET", f"{LAB}/runs/{kept}?format=text"), 404, "not kept")
        self.assertEqual(self.job(f"{LAB}/runs/{kept + 1}")["state"], "cancelled")

    def test_reset(self):
        path = self.begin(keep=True)
        self.assertTrue(self.finished(path)["accepted"])
        self.assertEqual(self.databases(), "1")
        self.assertEqual(self.finished(self.begin("reset"))["state"], "done")
        self.assertEqual(self.databases(), "0")

    def test_stop_during_a_run(self):
        """SIGTERM gives the run up, and nothing is left behind."""
        service = Service(BINARY, self.cluster, **PATIENT, labs_dir=self.service.labs)
        self.addCleanup(service.remove)
        service.start()
        status, headers, job = service.request("POST", "/api/v1/labs/patient/runs", {"action": "run"})
        self.assertEqual(status, 202, job)
        wait_until("the workload runs", lambda: service.request("GET", headers["Location"])[2]["progress"]["label"] ==
                   "broken", 300)
        service.end()
        self.assertEqual(self.databases(), "0")
        self.assertEqual(self.cluster.query(f"SELECT verdict FROM lab_runs WHERE id = {job['id']}"), "aborted")

    # Active labs --------------------------------------------------------------------------------

    def scrape(self):
        status, _, text = self.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        return text.decode()

    def metric(self, name, **labels):
        return self.metric_in(self.scrape(), name, **labels)

    def metric_in(self, text, name, **labels):
        """The sum of the series that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.split("{")[0] == name and all(label in line for label in wanted))

    def statement(self):
        """(calls, blocks) of the lab's statement, both of one pass of the collector."""
        text = self.scrape()
        return tuple(self.metric_in(text, f"db_statement_{name}_total", query="lab:missing-index")
                     for name in ("calls", "shared_blocks"))

    def calls(self, phase):
        return self.metric("tasklab_lab_statement_duration_seconds_count", lab="missing-index", phase=phase)

    def active(self):
        return [one["lab"] for one in self.ask("GET", "/api/v1/labs")[2]["active"]]

    def traffic_flows(self):
        before = self.calls("background")
        wait_until("calls are made in the background", lambda: self.calls("background") > before + 5)

    def done(self, action, **members):
        job = self.finished(self.begin(action, **members))
        self.assertEqual(job["state"], "done", job)
        return job

    def test_loop(self):
        """Start, look, check, mend, check, reset; the service is restarted in between."""
        self.assertEqual((self.active(), self.metric("tasklab_lab_active")), ([], 0))
        self.done("start")
        self.addCleanup(lambda: self.finished(self.begin("reset")))
        self.assertEqual(self.active(), ["missing-index"])
        self.assertEqual(self.metric("tasklab_lab_active", lab="missing-index"), 1)
        self.traffic_flows()
        wait_until("PostgreSQL counts its calls", lambda: self.statement()[0] > 20)
        calls, blocks = self.statement()
        self.assertGreater(blocks / calls, 1000)
        again = self.finished(self.begin("start"))
        self.assertEqual((again["state"], again["error"]["code"]), ("failed", "ERR_CONFLICT"))
        self.check_problem(self.ask("POST", LAB + "/runs", {"action": "check", "answers": [9]}), 422, "quiz", "answers")
        self.check_quietly()
        self.restart()
        self.assertEqual(self.active(), ["missing-index"])
        self.traffic_flows()
        self.cluster.query("CREATE INDEX ON tasks (assignee_id)", "lab_missing_index")
        check = self.done("check")
        self.assertEqual((check["accepted"], check["report"]["score"], check["scale"]), (True, 70, None), check)
        latest = self.ask("GET", LAB + "/runs?limit=1")[2]["items"][0]
        self.assertEqual((latest["id"], latest["action"], latest["score"]), (check["id"], "check", 70))
        for phase in ("before", "after"):
            self.assertGreater(self.calls(phase), 0)
        wait_until("the index serves the traffic", self.calls_are_cheap)
        self.done("reset")
        self.assertEqual((self.active(), self.databases()), ([], "0"))
        self.assertEqual(self.metric("tasklab_lab_active"), 0)
        self.assertEqual(self.cluster.query("SELECT count(*) FROM lab_sessions"), "0")

    def check_quietly(self):
        """While a check records there is no traffic; afterwards it goes on."""
        with contextlib.closing(self.cluster.session()) as holder:
            path = self.begin("check")
            holder.run("BEGIN; LOCK TABLE lab_runs IN SHARE MODE")  # its verdict has to wait, so it cannot end unseen
            self.at_work(path, "broken", "yours", "comparing")
            before = self.calls("background")
            self.at_work(path, "yours", "comparing")
            self.assertEqual(self.calls("background"), before)
            holder.run("COMMIT")
        check = self.finished(path)
        self.assertEqual((check["state"], check["accepted"]), ("done", False), check)
        status, _, text = self.ask("GET", path + "?format=text&colour=true&width=100")
        self.assertEqual(status, 200)
        self.assertIn(b"not solved yet", text)
        self.assertIn(b"\033[", text)
        self.assertNotIn(b"\033", self.ask("GET", path + "?format=text")[2])
        self.traffic_flows()

    def calls_are_cheap(self):
        """Blocks a call by what the last two passes of the collector saw."""
        calls, blocks = self.statement()
        wait_until("it counts", lambda: self.statement()[0] > calls + 10)
        more_calls, more_blocks = self.statement()
        return more_blocks - blocks < 100 * (more_calls - calls)

    def restart(self):
        self.service.end()
        self.service.start()
        wait_until("the active lab is taken up", self.active)

    # Commands -----------------------------------------------------------------------------------

    def command(self, *arguments, **settings):
        return self.service.call("lab", *arguments, **settings)

    def test_command_uses_the_service(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.command("run", "missing-index", "--report", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"in the service at 127.0.0.1:{self.service.port}\n", done.stderr)
            self.assertRegex(done.stderr, r"\d+ %")
            self.assertIn("passed", done.stdout)
            with open(f"{folder}/missing-index-small.json", encoding="utf-8") as file:
                report = json.load(file)
            with open(f"{folder}/missing-index-small.txt", encoding="utf-8") as file:
                self.assertIn("passed", file.read())
        latest = self.ask("GET", LAB + "/runs?limit=1")[2]["items"][0]
        self.assertEqual(self.job(f"{LAB}/runs/{latest['id']}")["report"], report)

    def test_commands_of_the_loop(self):
        """Start, check and reset in the service; a check beside it finds the database at rest."""
        used = f"in the service at 127.0.0.1:{self.service.port}\n"
        start = self.command("start", "missing-index")
        self.addCleanup(lambda: self.command("reset", "missing-index"))
        self.assertEqual((start.returncode, used in start.stderr), (0, True), start.stderr)
        self.assertIn("-d lab_missing_index", start.stdout)
        self.assertEqual(self.active(), ["missing-index"])
        self.traffic_flows()
        other = self.command("start", "index-only-scan")
        self.assertEqual(other.returncode, 1)
        self.assertIn("missing-index is active", other.stderr)
        with tempfile.TemporaryDirectory() as folder:
            check = self.command("check", "--answer", "1,1", "--json", "--report", folder)
            self.assertEqual((check.returncode, used in check.stderr), (3, True), check.stderr)
            self.assertLess(json.loads(check.stdout)["score"], 70)
            saved = {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(sorted(saved), [f"missing-index-small-check.{e}" for e in ("html", "json", "md", "txt")])
        self.assertEqual(json.loads(saved["missing-index-small-check.json"]), json.loads(check.stdout))
        self.assertIn('id="grade"', saved["missing-index-small-check.html"])
        self.assertIn("| **Score** |", saved["missing-index-small-check.md"])
        self.assertIn("not solved yet", saved["missing-index-small-check.txt"])
        alone = self.command("check", "--local", "--json")
        self.assertEqual((alone.returncode, "stand-alone" in alone.stderr), (3, True), alone.stderr)
        self.assertEqual(json.loads(alone.stdout)["evidence"][0]["before"], json.loads(check.stdout)["evidence"][0]["before"])
        self.traffic_flows()
        run = self.command("run", "missing-index")
        self.assertEqual(run.returncode, 1)
        self.assertIn("is active", run.stderr)
        reset = self.command("reset", "missing-index")
        self.assertEqual((reset.returncode, reset.stdout), (0, "dropped lab_missing_index\n"), reset.stderr)
        self.assertEqual(self.active(), [])

    def test_held_sessions(self):
        """The service holds them, again after a restart; a lab that was started without it is taken up."""
        def held():
            return self.cluster.query("SELECT pid FROM pg_stat_activity WHERE datname = 'lab_bloat_held_xmin'"
                                      " AND state = 'idle in transaction' ORDER BY backend_start").split()

        start = self.command("start", "bloat-held-xmin")
        self.assertEqual(start.returncode, 0, start.stderr)
        self.addCleanup(lambda: self.command("reset", "bloat-held-xmin"))
        before = held()
        self.assertEqual(len(before), 1)
        self.restart()
        # The server ends the session of the service that was a moment after it.
        wait_until("the new service alone holds it", lambda: len(held()) == 1 and held() != before)
        self.assertEqual(self.command("reset", "--local", "bloat-held-xmin").returncode, 0)
        wait_until("the service lets go", lambda: not self.active())
        with self.service.popen("lab", "start", "bloat-held-xmin", "--local") as process:
            wait_until("the service takes it up", self.active, 120)
            wait_until("both hold it", lambda: len(held()) == 2)
            both = held()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        wait_until("the service alone holds it", lambda: held() == both[1:])

    def test_command_is_interrupted(self):
        """Ctrl-C cancels the job in the service."""
        with self.service.popen("lab", "run", "patient", "--json") as process:
            wait_until("the job runs", lambda: self.ask("GET", "/api/v1/labs")[2]["job"])
            path = f"/api/v1/labs/patient/runs/{self.ask('GET', '/api/v1/labs')[2]['job']['id']}"
            self.at_work(path, "broken")
            second = self.command("run", "missing-index")
            self.assertEqual(second.returncode, 1)
            self.assertIn("busy with run of the lab patient", second.stderr)
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=120)
        self.assertEqual((process.returncode, out), (1, ""), said)
        self.assertIn("stopped", said)
        self.assertEqual(self.finished(path)["state"], "cancelled")

    def test_command_stands_alone(self):
        """Whoever must not be used is named; the runs themselves are not of interest here."""
        other = free_port()
        plain = Service(BINARY, self.cluster, sandbox="off")
        self.addCleanup(plain.remove)
        plain.start()
        self.cluster.query("CREATE DATABASE elsewhere OWNER tasklab")
        elsewhere = self.cluster.url[:self.cluster.url.rindex("/")] + "/elsewhere"
        self.assertEqual(self.service.call("migrate", "up", database_url=elsewhere).returncode, 0)
        cases = (
            ((), {"listen": f"127.0.0.1:{other}"}, f"stand-alone: no service answers at 127.0.0.1:{other}"),
            (("--local",), {}, "stand-alone: --local was given"),
            ((), {"listen": f"127.0.0.1:{plain.port}"}, "is not in the sandbox"),
            ((), {"database_url": elsewhere}, "works on another database"),
            ((), {"listen": f"127.0.0.1:{self.cluster.port}"}, "stand-alone: "),
        )
        for arguments, settings, says in cases:
            with self.service.popen("lab", "run", "missing-index", *arguments, **settings) as process:
                self.assertIn(says, process.stderr.readline())
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=120)
            self.assertIsNone(self.ask("GET", "/api/v1/labs")[2]["job"])


if __name__ == "__main__":
    os.environ.pop("TASKLAB_CONFIG", None)
    unittest.main(verbosity=2)
