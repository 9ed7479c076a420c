#!/usr/bin/env python3
"""lab_http.py BINARY: a lab over HTTP: the header Tasklab-Lab, the lab's switches, and the whole loop.

Requests with the header are served from the lab's database by the normal handlers, while the lab is
active and in the sandbox only; what they write stays in the lab.
"""

import json
import re
import unittest

from system import BINARY, PATIENT, Service, SystemTest, wait_until

HEADER = {"Tasklab-Lab": "n-plus-one"}
PAGE = "/api/v1/tasks?limit=100&include=tags&project_id="


class LabHttpTest(SystemTest):
    system = PATIENT

    def expect_problem(self, answer, status, pattern):
        got, _, body = answer
        self.assertEqual(got, status, body)
        self.assertEqual(body["field"], "Tasklab-Lab")
        self.assertRegex(body["detail"], pattern)

    def job(self, slug, **body):
        status, headers, answer = self.service.request("POST", f"/api/v1/labs/{slug}/runs", body)
        self.assertEqual(status, 202, answer)
        wait_until("the job ends", lambda: self.service.request("GET", headers["Location"])[2]["state"] != "running", 300)
        done = self.service.request("GET", headers["Location"])[2]
        self.assertEqual(done["state"], "done", done)
        return done

    def statements(self, path, headers):
        """How many statements the service says it made for one request."""
        status, answer, body = self.service.request("GET", path, headers=headers)
        self.assertEqual(status, 200, body)
        wait_until("its log line is there", lambda: answer["X-Request-Id"] in self.service.logged())
        line = next(line for line in self.service.logged().splitlines() if answer["X-Request-Id"] in line)
        return json.loads(line)["db_queries"], body

    def test_only_in_the_sandbox(self):
        plain = Service(BINARY, self.cluster, sandbox="off")
        try:
            plain.start()
            self.expect_problem(plain.request("GET", "/api/v1/tags", headers=HEADER), 403, "sandbox")
            self.assertEqual(plain.request("GET", "/api/v1/tags")[0], 200)
        finally:
            plain.remove()

    def test_the_whole_loop(self):
        for name in ("n-plus-one", "", "missing-index", "no such lab"):
            self.expect_problem(self.service.request("GET", "/api/v1/tags", headers={"Tasklab-Lab": name}), 409,
                                "active")
        self.job("n-plus-one", action="start", scale="small")
        wait_until("the lab is open to requests",
                   lambda: self.service.request("GET", "/api/v1/tags", headers=HEADER)[0] == 200)
        project = self.cluster.query("SELECT project_id FROM tasks GROUP BY 1 HAVING count(*) > 100 ORDER BY 1 LIMIT 1",
                                     "lab_n_plus_one")
        page = PAGE + project

        broken, first = self.statements(page, HEADER)
        self.assertEqual(broken, 101)
        self.assertEqual(self.service.request("GET", page)[2]["items"], [])  # the service's own database is empty
        self.check_writes(project)
        self.check_deployments(page, first)
        self.check_dashboards()

        self.job("n-plus-one", action="reset")
        wait_until("the lab is closed", lambda: self.service.request("GET", "/api/v1/tags", headers=HEADER)[0] == 409)
        self.assertEqual(self.cluster.query("SELECT count(*) FROM pg_database WHERE datname LIKE 'lab%'", "postgres"), "0")

    def test_verified_in_the_service(self):
        done = self.service.call("lab", "verify", "n-plus-one", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("in the service", done.stderr)
        self.assertTrue(json.loads(done.stdout)[0]["sound"], done.stdout)

    def check_writes(self, project):
        status, answer, task = self.service.request(
            "POST", "/api/v1/tasks", {"project_id": int(project), "title": "in the lab"}, HEADER)
        self.assertEqual(status, 201, task)
        self.assertEqual(self.service.request("GET", answer["Location"], headers=HEADER)[2]["title"], "in the lab")
        self.assertEqual(self.service.request("GET", answer["Location"])[0], 404)
        status, _, _ = self.service.request("DELETE", answer["Location"], headers={**HEADER, "If-Match": "*"})
        self.assertEqual(status, 204)

    def check_deployments(self, page, first):
        """Another value of the switch is another way, with the same answer."""
        for value, expected in (("joined", 1), ("batched", 2), ("per_task", 101)):
            self.cluster.query(f"UPDATE lab.switches SET value = '{value}'", "lab_n_plus_one")
            wait_until(f"{value} is deployed", lambda n=expected: self.statements(page, HEADER)[0] == n)
            self.assertEqual(self.statements(page, HEADER)[1]["items"], first["items"])
        self.cluster.query("UPDATE lab.switches SET value = 'joined'", "lab_n_plus_one")
        checked = self.job("n-plus-one", action="check")
        report = self.service.request("GET", f"/api/v1/labs/n-plus-one/runs/{checked['id']}?format=json")[2]
        self.assertTrue(all(item["outcome"] == "held" for item in report["evidence"]), report["evidence"])

    def check_dashboards(self):
        """The engine's traffic shows on the normal route, and the lab as active."""
        for pattern in (r'tasklab_lab_active\{lab="n-plus-one"\} 1\n',
                        r'http_requests_total\{[^}]*route="/api/v1/tasks"[^}]*\} [1-9]',
                        r'db_queries_total\{query="task_tags_of_one",outcome="ok"\} [1-9]'):
            # Requests are counted after they were answered.
            wait_until(f"{pattern} is shown", lambda p=pattern: re.search(
                p, self.service.request("GET", "/metrics")[2].decode()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
