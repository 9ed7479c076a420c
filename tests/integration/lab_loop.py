#!/usr/bin/env python3
"""lab_loop.py BINARY: the learner's loop of `tasklab lab`, without a service: start, hint, check, fix,
check again, reset; fixes that look right and are not; writing and verifying labs of one's own."""

import contextlib
import json
import re
import shutil
import signal
import unittest

from system import SystemTest, wait_until

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1818321523"
DATABASES = "SELECT coalesce(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname LIKE 'lab\\_%'"


class Labs(SystemTest):
    system = {"serve": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labs = cls.service.labs

    def tearDown(self):
        self.tasklab("reset")
        self.assertEqual(self.cluster.query(DATABASES), "")
        self.assertEqual(self.cluster.query("SELECT count(*) FROM lab_sessions"), "0")

    def tasklab(self, *arguments, status=0, stdin=""):
        """`tasklab lab ...`: (standard output, standard error); the exit status must be as expected."""
        done = self.service.call("lab", *arguments, stdin=stdin)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}\n{done.stderr}")
        self.assertNotIn("Sanitizer", done.stderr)
        return done.stdout, done.stderr

    def json(self, *arguments, status=0, stdin=""):
        return json.loads(self.tasklab(*arguments, "--json", status=status, stdin=stdin)[0])

    def launch(self, *arguments):
        process = self.service.popen("lab", *arguments)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def quick(self, slug, **changes):
        """A lab of one's own with few calls; changes: file (dots as underscores) = (old, new)."""
        self.tasklab("new", slug)
        changes = {"lab_yaml": [], **changes}
        changes["lab_yaml"] = [("parameters: 20", "parameters: 5"), ("calls: 100", "calls: 10"),
                               ("samples: 3", "samples: 1"), *changes["lab_yaml"]]
        for name, edits in changes.items():
            path = self.labs / slug / name.replace("_", ".")
            text = path.read_text()
            for old, new in edits:
                self.assertIn(old, text)
                text = text.replace(old, new)
            path.write_text(text)
        self.addCleanup(shutil.rmtree, self.labs / slug)

    def answers(self, slug):
        return ",".join(str(q["answer"]) for q in self.json("solution", slug)["quiz"])

    def losses(self, check):
        return [(loss["part"], loss["points"]) for loss in check["losses"] if loss["points"]]


class Loop(Labs):
    def test_whole_loop(self):
        start = self.json("start", "missing-index")
        self.assertEqual(start["database"], "lab_missing_index")
        self.assertEqual([len(q["choices"]) for q in start["quiz"]], [4, 4])
        self.assertIn("/d/tasklab-labs", start["dashboard"])
        self.assertEqual(self.cluster.query("SELECT 1", start["database"]), "1")
        self.assertEqual(self.json("status")["active"][0]["lab"], "missing-index")

        self.assertEqual([self.json("hint")["taken"] for _ in range(4)], [1, 2, 3, 3])
        self.assertEqual(self.json("status")["active"][0]["hints"], 3)

        unsolved = self.json("check", status=3)
        self.assertEqual([p["points"] for p in unsolved["parts"]], [0, 3, 20])
        self.assertFalse(unsolved["passed"])
        self.assertEqual(unsolved["best_score"], 23)
        self.assertEqual(self.cluster.query(DATABASES), "lab_missing_index")

        self.cluster.query("CREATE INDEX mine ON tasks (assignee_id)", "lab_missing_index")
        solved = self.json("check", "missing-index", "--answer", self.answers("missing-index"))
        self.assertEqual(solved["score"], 100, solved["losses"])
        self.assertTrue(solved["passed"])
        self.assertEqual(solved["losses"], [])
        self.assertEqual({e["outcome"] for e in solved["evidence"]}, {"held"})

        text, _ = self.tasklab("check", status=0)
        self.assertRegex(text, r"Detect\s+·+\s+0 of 30\n")
        self.assertRegex(text, r"Fix\s+█+\s+50 of 50\n")
        self.assertIn("70 of 100, 70 are needed, the best so far is 100", text)

        listed = next(lab for lab in self.json("list") if lab["slug"] == "missing-index")
        self.assertTrue(listed["solved"])
        self.assertEqual(listed["best_score"], 100)
        self.assertEqual(self.cluster.query("SELECT string_agg(kind || ' ' || score || ' ' || verdict, ', ' ORDER BY id)"
                                            " FROM lab_runs WHERE slug = 'missing-index'"),
                         "check 23 failed, check 100 passed, check 70 passed")
        text, _ = self.tasklab("reset")
        self.assertEqual(text, "dropped lab_missing_index\n")
        self.tasklab("check", status=2)
        _, complaint = self.tasklab("check", "missing-index", status=1)
        self.assertIn("`tasklab lab start missing-index` begins it", complaint)
        self.assertTrue(next(lab for lab in self.json("list") if lab["slug"] == "missing-index")["solved"])

    def test_one_at_a_time(self):
        self.quick("mine")
        self.tasklab("start", "mine")
        for word in "start", "run":
            _, complaint = self.tasklab(word, "missing-index", status=1)
            self.assertIn("`tasklab lab reset mine`", complaint)
            self.assertIn("--beside", complaint)
            _, complaint = self.tasklab(word, "mine", "--beside", status=1)
            self.assertIn("mine is active already", complaint)
        _, complaint = self.tasklab("verify", "mine", status=1)
        self.assertIn("mine is active already", complaint)
        self.assertEqual(self.cluster.query(DATABASES), "lab_mine")
        self.tasklab("run", "missing-index", "--beside")
        self.tasklab("start", "missing-index", "--beside")
        self.assertEqual([s["lab"] for s in self.json("status")["active"]], ["mine", "missing-index"])
        self.tasklab("reset", "mine")
        self.assertEqual([s["lab"] for s in self.json("status")["active"]], ["missing-index"])
        self.tasklab("start", "mine")  # what stands beside is in nobody's way

    def test_wrong_fixes(self):
        """Each is made beside the right index, and taken back."""
        self.quick("mine")
        self.tasklab("start", "mine")
        answers = self.answers("mine")
        self.cluster.query("CREATE INDEX ON tasks (reporter_id)", "lab_mine")
        definition = self.cluster.query(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'tasks_priority_check'", "lab_mine")
        grave = [("Fix", 50), ("Trap", 20)]
        cases = [
            ("a redundant index", ["CREATE INDEX x ON tasks (project_id, created_at)"], ["DROP INDEX x"],
             [("Trap", 5)], "the index x of tasks is redundant"),
            ("an invalid index", ["CREATE UNIQUE INDEX CONCURRENTLY x ON tasks (version)"], ["DROP INDEX x"],
             [("Trap", 10)], "the index x of tasks is invalid"),
            ("a setting of the database", ["ALTER DATABASE lab_mine SET work_mem = '64MB'"],
             ["ALTER DATABASE lab_mine SET work_mem = '4MB'"], [("Trap", 10)], "work_mem was changed: 64MB"),
            ("a setting of the server", ["ALTER SYSTEM SET work_mem = '64MB'"],
             ["ALTER SYSTEM RESET work_mem"], [("Trap", 10)],
             "the setting work_mem was changed since the lab's start"),
            ("a dropped constraint", ["ALTER TABLE tasks DROP CONSTRAINT tasks_priority_check"],
             [f"ALTER TABLE tasks ADD CONSTRAINT tasks_priority_check {definition}"], grave,
             "tasks lost a constraint or trigger: CHECK (priority"),
            ("a needed index, and two of these", ["DROP INDEX tasks_title_search_idx"], [], [("Trap", 10)],
             "tasks_title_search_idx of tasks"),
            ("deleted rows", ["DELETE FROM tasks WHERE id = (SELECT max(id) FROM tasks)"], [], grave,
             "the data of tasks was changed"),
        ]
        for label, change, undo, losses, reason in cases:
            with self.subTest(label):
                for sql in change:
                    try:
                        self.apply(sql)
                    except AssertionError as error:
                        self.assertIn("could not create unique index", str(error))
                check = self.json("check", "--answer", answers, status=3 if losses == grave else 0)
                self.assertEqual(self.losses(check), losses, check["losses"])
                self.assertTrue(any(reason in loss["reason"] for loss in check["losses"]), check["losses"])
                for sql in undo:
                    self.apply(sql)

    def apply(self, sql):
        """A setting of the server has come when a new session has it."""
        before = self.cluster.query("SHOW work_mem")
        self.cluster.query(sql, "lab_mine")
        if sql.startswith("ALTER SYSTEM"):
            self.cluster.query("SELECT pg_reload_conf()")
            wait_until("the server has read its settings", lambda: self.cluster.query("SHOW work_mem") != before)

    def test_own_statement(self):
        """A rewrite is given in place of the lab's statement; it has to answer the same."""
        self.quick("mine")
        self.tasklab("start", "mine")
        answers = self.answers("mine")
        wrong = self.json("check", "--answer", answers, "--statement", "-", status=3,
                          stdin="SELECT id, title, status, created_at FROM tasks WHERE false AND reporter_id = $1")
        self.assertEqual(self.losses(wrong), [("Fix", 50)])
        self.assertIn("answers otherwise than before for 5 of 5 parameter rows", wrong["losses"][0]["reason"])
        _, complaint = self.tasklab("check", "--statement", "-", status=1, stdin="SELEC id FROM tasks")
        self.assertRegex(complaint, "with your statement: .*syntax error")
        self.assertEqual(self.cluster.query(DATABASES), "lab_mine")
        # A workload that no longer runs is worth nothing, and the rest is still looked at.
        self.cluster.query("ALTER TABLE tasks RENAME COLUMN title TO name", "lab_mine")
        broken = self.json("check", "--answer", answers, status=3)
        self.assertEqual(self.losses(broken), [("Fix", 50), ("Trap", 20)])
        self.assertIn("the workload no longer runs", broken["losses"][0]["reason"])
        self.tasklab("check", "--answer", "9", status=2)
        self.tasklab("check", "--statement", "/no/such/file", status=1)

    def test_given_up(self):
        """Ctrl-C in start leaves nothing, in check the learner's database; so does SIGKILL, after reset."""
        # While the test says so, break.sql does not end: what is done meanwhile cannot come too late.
        wait = ("SELECT pg_sleep(600) FROM pg_stat_activity WHERE application_name = 'hold the labs';\nDROP INDEX")
        self.quick("mine", break_sql=[("DROP INDEX", wait)])
        self.tasklab("start", "mine")  # makes the data set, if no test has yet
        self.tasklab("reset")
        for word, number, left in ("start", signal.SIGINT, ""), ("start", signal.SIGKILL, ""), \
                                  ("check", signal.SIGINT, "lab_mine"), ("check", signal.SIGKILL, "lab_mine"):
            with self.subTest(f"{word} {number.name}"):
                if word == "check" and not self.json("status")["active"]:
                    self.tasklab("start", "mine")
                wanted = "lab_mine" if word == "start" else "lab_mine_ref"
                with contextlib.closing(self.cluster.session()) as holder:
                    holder.run("SET application_name = 'hold the labs'")
                    process = self.launch(word, "mine")
                    wait_until("it is at work there", lambda: self.cluster.query(
                        "SELECT string_agg(datname, ' ') FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == wanted, 120)
                    process.send_signal(number)
                    process.wait(120)
                # The server takes a moment to see that a client was killed. Only then is its lock free.
                wait_until("its lock is free", lambda: self.cluster.query(LOCKS) == "0")
                if number == signal.SIGKILL:
                    self.assertEqual(process.returncode, -number)
                    if word == "start":
                        self.tasklab("reset")
                    else:
                        self.tasklab("check", status=3)  # what was left is taken over
                else:
                    self.assertEqual(process.returncode, 1)
                wait_until("no session is left", lambda: self.cluster.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tasklab lab\\_%'") == "0")
                self.assertEqual(self.cluster.query(DATABASES), left)
                self.assertEqual(len(self.json("status")["active"]), 1 if left else 0)

    def test_before_migration(self):
        self.cluster.query("ALTER TABLE lab_sessions RENAME TO hidden")
        try:
            _, complaint = self.tasklab("start", "missing-index", status=1)
            self.assertIn("`tasklab migrate up`", complaint)
            self.tasklab("reset")
        finally:
            self.cluster.query("ALTER TABLE hidden RENAME TO lab_sessions")


class Authors(Labs):
    def test_new_lab_is_sound(self):
        self.tasklab("new", "mine")
        self.addCleanup(shutil.rmtree, self.labs / "mine")
        proof = self.json("verify", "mine")[0]
        self.assertTrue(proof["sound"], proof)
        self.assertEqual([c["claim"] for c in proof["claims"]],
                         ["broken", "fix", "trap 1", "trap 2", "alternative 1", "teardown"])
        self.assertEqual(proof["claims"][1]["score"], 100)
        _, complaint = self.tasklab("new", "mine", status=1)
        self.assertIn("a lab of this name", complaint)
        self.tasklab("new", "missing-index", status=1)
        self.tasklab("new", "Not-A-Name", status=2)
        self.tasklab("new", status=2)
        self.tasklab("new", "other", "--labs-dir", "", status=2)

    def verify(self, slug, status):
        proof = self.json("verify", slug, status=status)[0]
        self.assertEqual(self.cluster.query(DATABASES), "")
        return proof, {c["claim"]: c for c in proof["claims"]}

    def test_unsound_fix_and_trap(self):
        self.quick("mine", fix_sql=[("CREATE INDEX tasks_reporter_id_idx ON tasks (reporter_id);", "ANALYZE tasks;")],
                   lab_yaml=[("(title, reporter_id)", "(reporter_id)"), ("(reporter_id, id)", "(no_such_column)")])
        proof, claims = self.verify("mine", 3)
        self.assertFalse(proof["sound"])
        self.assertEqual([name for name, c in claims.items() if not c["holds"]], ["fix", "trap 2", "alternative 1"])
        self.assertIn("rows-removed-by-filter", claims["fix"]["reason"])
        self.assertEqual(claims["trap 2"]["score"], 100)
        self.assertIn("no_such_column", claims["alternative 1"]["reason"])

    def test_evidence_that_always_holds(self):
        text = "before: {at_least: 10000}\n    after: {at_most: 100}"
        self.quick("mine", lab_yaml=[(text, "before: {at_least: 1}"), ("    down_by: 20", "    after: {at_most: 1000000}")])
        proof, claims = self.verify("mine", 3)
        self.assertFalse(claims["broken"]["holds"])
        self.assertIn("although nothing was mended", claims["broken"]["reason"])

    def test_break_that_differs(self):
        """Data that is not the same twice would make every check find it changed."""
        self.quick("mine", break_sql=[("DROP INDEX", "UPDATE tasks SET description = random()::text WHERE id < 9;\nDROP INDEX")])
        _, claims = self.verify("mine", 3)
        self.assertFalse(claims["fix"]["holds"])
        self.assertIn("the data of tasks was changed", claims["fix"]["reason"])

    def test_script_that_fails(self):
        self.quick("mine", break_sql=[("DROP INDEX", "DROP TABLE no_such_table;\nDROP INDEX")])
        _, claims = self.verify("mine", 3)
        self.assertIn("break.sql", claims["scripts"]["reason"])
        self.assertTrue(claims["teardown"]["holds"])

    def test_lab_that_does_not_apply(self):
        self.quick("mine", lab_yaml=[("postgresql: {min: 15, max: 18}", "requires: [no_such_extension]")])
        proof = self.json("verify", "mine")[0]
        self.assertIn("no_such_extension", proof["skipped"])
        text, _ = self.tasklab("verify", "mine")
        self.assertRegex(text, r"^mine: skipped: .*no_such_extension")
        _, complaint = self.tasklab("start", "mine", status=1)
        self.assertIn("no_such_extension", complaint)

    def test_remembered(self):
        self.quick("mine")
        self.verify("mine", 0)
        self.assertEqual(self.cluster.query("SELECT kind || score || verdict FROM lab_runs WHERE slug = 'mine'"
                                            " ORDER BY id DESC LIMIT 1"), "verify100passed")
        self.assertIsNone(re.search(r"mine .*solved", self.tasklab("list")[0]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
