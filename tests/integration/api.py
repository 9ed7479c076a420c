#!/usr/bin/env python3
"""api.py BINARY: every resource of the API, over HTTP, against a real PostgreSQL.

What is asked for is done and answered in the right form; what is wrong is refused by a problem that
names it; ETags, idempotency keys and lists hold what they promise; nothing upsets the database.
"""

import concurrent.futures
import contextlib
import http.client
import json
import re
import shutil
import signal
import subprocess
import unittest

from system import BINARY, PATIENT, System, SystemTest, exchange, first_rows, free_port, wait_until

ADMIN = {"email": "admin@example.test", "display_name": "Admin", "role": "admin"}
HUGE = "9223372036854775808"
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON = {"Content-Type": "application/json"}

# Errors that a client may provoke: a duplicate, a reference to nothing, a zone that nobody knows.
EXPECTED_ERRORS = r'violates (unique|foreign key) constraint|time zone "[^"]*" not recognized'


class ApiTest(SystemTest):
    system = {"http_body_max": "64k", "http_reply_max": "256k", **PATIENT}
    expected_errors = EXPECTED_ERRORS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.service.connect()
        cls.admin = cls.make("users", ADMIN)["id"]
        cls.project = cls.make("projects", {"name": "First"})["id"]

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        super().tearDownClass()

    @classmethod
    def ask(cls, method, path, body=None, headers=None):
        """Over the kept-alive connection, which the service may have closed after the last answer."""
        if not path.startswith("/"):
            path = "/api/v1/" + path
        try:
            return exchange(cls.connection, method, path, body, headers)
        except (http.client.HTTPException, OSError):
            cls.connection.close()
            return exchange(cls.connection, method, path, body, headers)

    @classmethod
    def make(cls, path, body, headers=None):
        status, _, answer = cls.ask("POST", path, body, headers)
        assert status == 201, (path, status, answer)
        return answer

    def task(self, title="a task", **members):
        return self.make("tasks", {"project_id": self.project, "title": title, **members})

    def check_problem(self, label, answer, status, field=None):
        got, headers, body = answer
        self.assertEqual(got, status, f"{label}: {body}")
        self.assertEqual(headers["Content-Type"], "application/problem+json", label)
        self.assertEqual(body["status"], status, label)
        for member in ("type", "title"):
            self.assertIn(member, body, label)
        self.assertIn("X-Request-Id", headers, label)
        if field is not None:
            self.assertEqual(body.get("field"), field, f"{label}: {body}")
        self.assertNotRegex(json.dumps(body), r"SELECT|INSERT|SQLSTATE|pg_|violates", label)

    # One resource after the other --------------------------------------------------------------

    def test_index_and_health(self):
        for path in ("/", "/healthz", "/readyz", "/openapi.json"):
            status, headers, body = self.ask("GET", path)
            self.assertEqual(status, 200, path)
            self.assertTrue(headers["Content-Type"].startswith("application/json"), path)
            self.assertIsInstance(body, dict)
        for name, path in self.ask("GET", "/")[2]["links"].items():
            self.assertEqual(self.ask("GET", path)[0], 200, name)

    def test_users(self):
        status, headers, user = self.ask("POST", "users", {
            "email": "ann@example.test", "display_name": "Änn \"q\" \\ \u2028 😀", "bio": "hello",
            "time_zone": "Europe/Berlin", "locale": "pt-BR"})
        self.assertEqual(status, 201)
        self.assertEqual(headers["Location"], f"/api/v1/users/{user['id']}")
        self.assertEqual(headers["ETag"], '"1"')
        self.assertEqual(user["role"], "member")
        self.assertEqual(user["display_name"], "Änn \"q\" \\ \u2028 😀")
        self.assertIsNone(user["disabled_at"])
        path = headers["Location"]
        self.assertEqual(self.ask("GET", path)[2], user)
        status, headers, changed = self.ask("PATCH", path, {"disabled": True}, {"If-Match": '"1"'})
        self.assertEqual((status, headers["ETag"], changed["version"]), (200, '"2"', 2))
        self.assertIsNotNone(changed["disabled_at"])
        self.check_problem("same address", self.ask("POST", "users", {
            "email": "ANN@example.test", "display_name": "x"}), 409, "email")
        self.assertEqual(self.ask("DELETE", path, headers={"If-Match": "*"})[0], 204)
        self.check_problem("gone", self.ask("GET", path), 404)

    def test_me(self):
        status, headers, me = self.ask("GET", "users/me")
        self.assertEqual((status, me["id"], me["role"]), (200, self.admin, "admin"))
        status, _, changed = self.ask("PATCH", "users/me", {"bio": "I"}, {"If-Match": headers["ETag"]})
        self.assertEqual((status, changed["bio"]), (200, "I"))
        self.check_problem("role of mine", self.ask("PATCH", "users/me", {"role": "viewer"},
                                                    {"If-Match": "*"}), 422, "role")

    def test_projects_and_members(self):
        project = self.make("projects", {"name": "Second", "description": "d"})
        self.assertEqual(project["owner_id"], self.admin)
        path = f"projects/{project['id']}"
        status, _, archived = self.ask("PATCH", path, {"archived": True}, {"If-Match": '"1"'})
        self.assertEqual(status, 200)
        self.assertIsNotNone(archived["archived_at"])
        ids = [row["id"] for row in self.ask("GET", "projects?archived=true")[2]["items"]]
        self.assertEqual(ids, [project["id"]])
        user = self.make("users", {"email": "m@example.test", "display_name": "M"})["id"]
        status, headers, member = self.ask("POST", path + "/members", {"user_id": user})
        self.assertEqual((status, member["role"]), (201, "contributor"))
        self.assertEqual(headers["Location"], f"/api/v1/{path}/members/{user}")
        self.check_problem("twice", self.ask("POST", path + "/members", {"user_id": user}), 409, "user_id")
        status, _, member = self.ask("PATCH", headers["Location"], {"role": "observer"})
        self.assertEqual((status, member["role"]), (200, "observer"))
        roles = {row["user_id"]: row["role"] for row in self.ask("GET", path + "/members")[2]["items"]}
        self.assertEqual(roles, {self.admin: "maintainer", user: "observer"})
        self.assertEqual(self.ask("DELETE", headers["Location"])[0], 204)
        self.check_problem("no member", self.ask("GET", headers["Location"]), 404)
        self.assertEqual(self.ask("DELETE", path, headers={"If-Match": '"2"'})[0], 204)
        self.task()
        self.check_problem("has tasks", self.ask("DELETE", f"projects/{self.project}",
                                                 headers={"If-Match": "*"}), 409)

    def test_tasks(self):
        status, headers, task = self.ask("POST", "tasks", {
            "project_id": self.project, "title": "write", "description": "a\nb", "priority": 3,
            "assignee_id": self.admin, "due_at": "2030-01-02T03:04:05.678901+02:00",
            "metadata": {"a": {"b": [1, 2.5, None, "ü"]}, "big": 12345678901}})
        self.assertEqual(status, 201, task)
        self.assertEqual(headers["Location"], f"/api/v1/tasks/{task['id']}")
        self.assertEqual(task["due_at"], "2030-01-02T01:04:05.678901Z")
        self.assertEqual(task["metadata"], {"a": {"b": [1, 2.5, None, "ü"]}, "big": 12345678901})
        self.assertEqual((task["status"], task["reporter_id"], task["completed_at"]),
                         ("todo", self.admin, None))
        path = headers["Location"]
        status, _, done = self.ask("PATCH", path, {"status": "done", "assignee_id": None, "due_at": None},
                                   {"If-Match": '"1"', **MERGE})
        self.assertEqual((status, done["status"], done["assignee_id"], done["due_at"]),
                         (200, "done", None, None))
        self.assertIsNotNone(done["completed_at"])
        kinds = [(e["kind"], sorted(e["changes"])) for e in self.ask("GET", path + "/events")[2]["items"]]
        self.assertEqual(kinds, [("created", []), ("updated", ["assignee_id", "due_at", "status"])])
        self.assertEqual(self.ask("HEAD", path)[0], 200)
        self.assertEqual(self.ask("DELETE", path, headers={"If-Match": '"2"'})[0], 204)
        self.check_problem("gone", self.ask("GET", path), 404)

    def test_merge_patch(self):
        """RFC 7396 inside metadata."""
        task = self.task(metadata={"keep": 1, "drop": 2, "deep": {"x": 1, "y": {"z": 1}}})
        patch = {"metadata": {"drop": None, "new": [None], "deep": {"x": None, "y": {"q": 2}}}}
        status, _, task = self.ask("PATCH", f"tasks/{task['id']}", patch, {"If-Match": '"1"', **MERGE})
        self.assertEqual(status, 200, task)
        self.assertEqual(task["metadata"], {"keep": 1, "new": [None], "deep": {"y": {"z": 1, "q": 2}}})
        status, _, task = self.ask("PATCH", f"tasks/{task['id']}", {"metadata": None}, {"If-Match": "*", **MERGE})
        self.assertEqual((status, task["metadata"]), (200, {}))

    def test_comments(self):
        task = self.task()["id"]
        status, headers, comment = self.ask("POST", f"tasks/{task}/comments", {"body": "one"})
        self.assertEqual((status, comment["author_id"]), (201, self.admin))
        path = headers["Location"]
        self.assertEqual(path, f"/api/v1/tasks/{task}/comments/{comment['id']}")
        status, headers, comment = self.ask("PATCH", path, {"body": "two"}, {"If-Match": '"1"'})
        self.assertEqual((status, headers["ETag"], comment["body"]), (200, '"2"', "two"))
        self.assertEqual([c["body"] for c in self.ask("GET", f"tasks/{task}/comments")[2]["items"]], ["two"])
        other = self.task()["id"]
        self.check_problem("of another task", self.ask("GET", f"tasks/{other}/comments/{comment['id']}"), 404)
        self.assertEqual(self.ask("DELETE", path, headers={"If-Match": '"2"'})[0], 204)
        self.check_problem("no task", self.ask("POST", "tasks/999999/comments", {"body": "x"}), 404)

    def test_tags(self):
        tag = self.make("tags", {"name": "urgent", "colour": "#ff0000"})
        self.check_problem("same name", self.ask("POST", "tags", {"name": "URGENT"}), 409, "name")
        task = self.task()["id"]
        self.assertEqual(self.ask("POST", f"tasks/{task}/tags", {"tag_id": tag["id"]})[0], 201)
        self.assertEqual(self.ask("POST", f"tasks/{task}/tags", {"tag_id": tag["id"]})[0], 200)
        self.check_problem("no tag", self.ask("POST", f"tasks/{task}/tags", {"tag_id": 999999}), 422, "tag_id")
        self.assertEqual(self.ask("GET", f"tasks/{task}/tags")[2]["items"], [tag])
        listed = self.ask("GET", "tasks?tag=Urgent&include=tags")[2]["items"]
        self.assertEqual([(t["id"], t["tags"]) for t in listed], [(task, ["urgent"])])
        status, _, tag = self.ask("PATCH", f"tags/{tag['id']}", {"colour": "#00ff00"}, {"If-Match": '"1"'})
        self.assertEqual((status, tag["colour"]), (200, "#00ff00"))
        self.assertEqual(self.ask("DELETE", f"tasks/{task}/tags/{tag['id']}")[0], 204)
        self.check_problem("not on it", self.ask("DELETE", f"tasks/{task}/tags/{tag['id']}"), 404)
        self.assertEqual(self.ask("DELETE", f"tags/{tag['id']}", headers={"If-Match": "*"})[0], 204)

    def test_reports(self):
        project = self.make("projects", {"name": "Reported"})["id"]
        user = self.make("users", {"email": "r@example.test", "display_name": "R"})["id"]
        for status, priority in (("todo", 0), ("todo", 3), ("in_progress", 3), ("done", 1)):
            self.make("tasks", {"project_id": project, "title": "t", "status": status, "assignee_id": user,
                                "priority": priority, "due_at": "2001-01-01T00:00:00Z"})
        rows = self.walk("reports/project-summary?limit=200")
        row = next(r for r in rows if r["project_id"] == project)
        self.assertEqual(row["tasks"], {"todo": 2, "in_progress": 1, "done": 1, "total": 4})
        self.assertEqual(row["overdue"], 3)
        row = next(r for r in self.walk("reports/workload") if r["user_id"] == user)
        self.assertEqual((row["open"], row["by_priority"], row["overdue"]), (3, [1, 0, 0, 2], 3))

    # Lists -------------------------------------------------------------------------------------

    def walk(self, path):
        rows = []
        while path:
            status, headers, page = self.ask("GET", path)
            self.assertEqual(status, 200, page)
            self.assertEqual(headers.get("Link"), f'<{page["next"]}>; rel="next"' if page["next"] else None)
            rows += page["items"]
            path = page["next"]
        return rows

    def test_list_walks(self):
        project = self.make("projects", {"name": "Walked"})["id"]
        made = [self.make("tasks", {"project_id": project, "title": f"walk & find {i}", "priority": i % 4,
                                    "due_at": f"2031-01-{1 + i % 9:02d}T00:00:00Z"}) for i in range(23)]
        ids = {task["id"] for task in made}
        for sort, key in (("created_at", "created_at"), ("-created_at", "created_at"), ("priority", "priority"),
                          ("-priority", "priority"), ("due_at", "due_at"), ("-due_at", "due_at"),
                          ("updated_at", "updated_at"), ("-updated_at", "updated_at")):
            for limit in (1, 7, 23, 200):
                rows = self.walk(f"tasks?project_id={project}&sort={sort}&limit={limit}")
                self.assertEqual(len(rows), 23, (sort, limit))
                self.assertEqual({r["id"] for r in rows}, ids, (sort, limit))
                keys = [(r[key], r["id"]) for r in rows]
                self.assertEqual(keys, sorted(keys, reverse=sort.startswith("-")), (sort, limit))
        rows = self.walk(f"tasks?project_id={project}&q=%22find%201%22&limit=2&priority=1"
                         "&due_after=2030-12-31T00%3A00%3A00%2B01%3A00&due_before=2031-02-01T00:00:00Z&status=todo")
        self.assertEqual([r["title"] for r in rows], ["walk & find 1"])
        for path in ("tags", "users", "projects", "projects?sort=created_at", f"projects/{project}/members",
                     f"tasks/{made[0]['id']}/events"):
            whole = self.walk(path)
            sep = "&" if "?" in path else "?"
            self.assertEqual(self.walk(f"{path}{sep}limit=1"), whole, path)

    def test_cursor_belongs_to_its_list(self):
        for _ in range(3):
            self.task()
        first = self.ask("GET", f"tasks?project_id={self.project}&limit=1")[2]["next"]
        cursor = first.split("cursor=")[1]
        for path in (f"tasks?limit=1&cursor={cursor}", f"tasks?project_id={self.project}&sort=priority&cursor={cursor}",
                     f"users?cursor={cursor}", f"tasks?project_id={self.project}&cursor={cursor[:-1]}",
                     f"tasks?project_id={self.project}&cursor={cursor}A", "tasks?cursor=", "tasks?cursor=%F0%9F%98%80"):
            self.check_problem(path, self.ask("GET", path), 400, "cursor")

    def test_page_beyond_the_reply_limit(self):
        """Rows of the largest size: fewer of them fit."""
        project = self.make("projects", {"name": "Large"})["id"]
        for i in range(6):
            self.make("tasks", {"project_id": project, "title": f"{i}", "description": "\u0001" * 9000})
        self.assertEqual(len(self.ask("GET", f"tasks?project_id={project}&limit=4")[2]["items"]), 4)
        self.check_problem("six", self.ask("GET", f"tasks?project_id={project}&limit=6"), 400, "limit")

    # Conditional requests ----------------------------------------------------------------------

    def test_etags(self):
        task = self.task()
        path = f"tasks/{task['id']}"
        etag = self.ask("GET", path)[1]["ETag"]
        self.assertEqual(etag, '"1"')
        for given in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            status, headers, body = self.ask("GET", path, headers={"If-None-Match": given})
            self.assertEqual((status, body, headers["ETag"]), (304, b"", etag), given)
        self.assertEqual(self.ask("GET", path, headers={"If-None-Match": '"2"'})[0], 200)
        change = {"title": "changed"}
        self.check_problem("none", self.ask("PATCH", path, change), 428, "If-Match")
        self.check_problem("none", self.ask("DELETE", path), 428, "If-Match")
        for given in ('"2"', '"0"', '"x"', '"01"', f"W/{etag}", '"99999999999999999999"'):
            self.check_problem(given, self.ask("PATCH", path, change, {"If-Match": given}), 412)
            self.check_problem(given, self.ask("DELETE", path, headers={"If-Match": given}), 412)
        for given in ("1", '"1', '"1", "2"', "", "W/1"):
            self.check_problem(given, self.ask("PATCH", path, change, {"If-Match": given}), 400, "If-Match")
        status, headers, body = self.ask("PATCH", path, change, {"If-Match": etag})
        self.assertEqual((status, headers["ETag"], body["version"]), (200, '"2"', 2))
        self.check_problem("stale", self.ask("PATCH", path, change, {"If-Match": etag}), 412)
        self.check_problem("gone", self.ask("PATCH", "tasks/999999", change, {"If-Match": '"1"'}), 404)
        status, headers, body = self.ask("PATCH", path, {}, {"If-Match": '"2"'})
        self.assertEqual((status, body["version"]), (200, 2))

    def test_lost_update(self):
        """Of many writers that saw one version, one wins."""
        path = f"/api/v1/tasks/{self.task()['id']}"

        def write(i):
            return self.service.request("PATCH", path, {"title": f"writer {i}"}, {"If-Match": '"1"'})

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(write, range(16)))
        won = [body for status, _, body in answers if status == 200]
        self.assertEqual(len(won), 1, won)
        self.assertEqual([status for status, _, _ in answers].count(412), 15)
        self.assertEqual(self.ask("GET", path)[2], won[0])

    # Idempotency-Key ---------------------------------------------------------------------------

    def count(self, title):
        return int(self.cluster.query(f"SELECT count(*) FROM tasks WHERE title = '{title}'"))

    def test_idempotency(self):
        body = {"project_id": self.project, "title": "idempotent"}
        key = {"Idempotency-Key": "k-1"}
        status, first, task = self.ask("POST", "tasks", body, key)
        self.assertEqual(status, 201)
        self.assertNotIn("Idempotency-Replayed", first)
        for _ in range(2):
            status, again, replayed = self.ask("POST", "tasks", body, key)
            self.assertEqual((status, replayed), (201, task))
            self.assertEqual(again["Idempotency-Replayed"], "true")
            for name in ("Location", "ETag", "Content-Type"):
                self.assertEqual(again[name], first[name])
        self.assertEqual(self.count("idempotent"), 1)
        self.check_problem("other body", self.ask("POST", "tasks", {**body, "priority": 2}, key), 422,
                           "Idempotency-Key")
        self.check_problem("other route", self.ask("POST", "tags", {"name": "idem"}, key), 422, "Idempotency-Key")
        for bad in ("", "x" * 256, "\u00e9"):
            self.check_problem(repr(bad), self.ask("POST", "tasks", body, {"Idempotency-Key": bad}), 400,
                               "Idempotency-Key")

    def test_idempotency_of_failures(self):
        """What failed left nothing behind: the key is still good."""
        key = {"Idempotency-Key": "k-2"}
        bad = {"project_id": 999999, "title": "second try"}
        self.check_problem("no project", self.ask("POST", "tasks", bad, key), 422, "project_id")
        self.make("tasks", {**bad, "project_id": self.project}, key)
        self.assertEqual(self.count("second try"), 1)

    def test_idempotency_of_each_create(self):
        task, user = self.task()["id"], self.make("users", {"email": "k@example.test", "display_name": "K"})["id"]
        tag = self.make("tags", {"name": "k"})["id"]
        for n, (path, body) in enumerate((
                ("users", {"email": "k2@example.test", "display_name": "K"}), ("projects", {"name": "Keyed"}),
                (f"projects/{self.project}/members", {"user_id": user}), ("tags", {"name": "keyed"}),
                (f"tasks/{task}/comments", {"body": "b"}), (f"tasks/{task}/tags", {"tag_id": tag}))):
            key = {"Idempotency-Key": f"each-{n}"}
            status, first, made = self.ask("POST", path, body, key)
            self.assertEqual(status, 201, (path, made))
            status, again, replayed = self.ask("POST", path, body, key)
            self.assertEqual((status, replayed, again["Location"]), (201, made, first["Location"]), path)

    def test_idempotency_concurrent(self):
        def post(_):
            return self.service.request("POST", "/api/v1/tasks", {"project_id": self.project, "title": "at once"},
                                        {"Idempotency-Key": "k-3"})

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(post, range(24)))
        done = [a for a in answers if a[0] == 201 and "Idempotency-Replayed" not in a[1]]
        self.assertEqual(len(done), 1)
        for status, headers, body in answers:
            self.assertIn(status, (201, 409))
            if status == 201:
                self.assertEqual(body, done[0][2])
        self.assertEqual(self.count("at once"), 1)

    def test_idempotency_in_progress(self):
        """While another session holds the key's lock: 409."""
        body = {"project_id": self.project, "title": "waits"}
        with contextlib.closing(self.cluster.session()) as other:
            other.run(f"BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('k-4', {self.admin}))")
            self.check_problem("held", self.ask("POST", "tasks", body, {"Idempotency-Key": "k-4"}), 409,
                               "Idempotency-Key")
        self.assertEqual(self.ask("POST", "tasks", body, {"Idempotency-Key": "k-4"})[0], 201)

    # Bad input ---------------------------------------------------------------------------------

    def test_bad_bodies(self):
        good = {"project_id": self.project, "title": "x"}
        cases = [
            ("no body", b"", 400, ""),
            ("malformed", b'{"title": }', 400, ""),
            ("cut off", b'{"title": "x', 400, ""),
            ("trailing garbage", json.dumps(good).encode() + b"x", 400, ""),
            ("duplicate", b'{"title": "a", "title": "b"}', 400, ""),
            ("bad UTF-8", b'{"title": "\xff\xfe"}', 400, ""),
            ("surrogate", b'{"title": "\\ud800"}', 400, ""),
            ("raw NUL", b'{"title": "a\x00b"}', 400, ""),
            ("escaped NUL", b'{"title": "a\\u0000b"}', 400, ""),
            ("NUL deep in metadata", b'{"metadata": {"a": ["\\u0000"]}}', 400, ""),
            ("huge integer", f'{{"project_id": {HUGE}}}'.encode(), 400, ""),
            ("deep", b'{"metadata": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400, ""),
            ("array", b"[]", 422, ""),
            ("scalar", b"1", 422, ""),
            ("unknown member", {**good, "colour": 1}, 422, "colour"),
            ("read-only member", {**good, "version": 1}, 422, "version"),
            ("id as text", {**good, "project_id": "1"}, 422, "project_id"),
            ("id as real", {**good, "project_id": 1.5}, 422, "project_id"),
            ("id of nothing", {**good, "project_id": 2**62}, 422, "project_id"),
            ("id negative", {**good, "project_id": -1}, 422, "project_id"),
            ("assignee zero", {**good, "assignee_id": 0}, 422, "assignee_id"),
            ("assignee of nothing", {**good, "assignee_id": 2**63 - 1}, 422, "assignee_id"),
            ("no title", {"project_id": self.project}, 422, "title"),
            ("title null", {**good, "title": None}, 422, "title"),
            ("title empty", {**good, "title": ""}, 422, "title"),
            ("title blank", {**good, "title": "  "}, 422, "title"),
            ("title of two lines", {**good, "title": "a\nb"}, 422, "title"),
            ("title long", {**good, "title": "ü" * 201}, 422, "title"),
            ("description long", {**good, "description": "x" * 20001}, 422, "description"),
            ("status", {**good, "status": "Done"}, 422, "status"),
            ("priority", {**good, "priority": 4}, 422, "priority"),
            ("priority huge", {**good, "priority": 2**40}, 422, "priority"),
            ("priority text", {**good, "priority": "high"}, 422, "priority"),
            ("due_at", {**good, "due_at": "tomorrow"}, 422, "due_at"),
            ("due_at day", {**good, "due_at": "2026-02-30T00:00:00Z"}, 422, "due_at"),
            ("metadata list", {**good, "metadata": []}, 422, "metadata"),
            ("metadata large", {**good, "metadata": {"x": "y" * 20000}}, 422, "metadata"),
            ("metadata deep", {**good, "metadata": json.loads('{"a":' * 20 + "1" + "}" * 20)}, 422, "metadata"),
        ]
        for label, body, status, field in cases:
            self.check_problem(label, self.ask("POST", "tasks", body, JSON), status, field or None)
        self.check_problem("too large", self.ask("POST", "tasks", b'{"title": "' + b"x" * 70000 + b'"}', JSON), 413)
        self.assertEqual(self.ask("POST", "tasks", {**good, "title": "ü" * 200})[0], 201)

    def test_bad_values_elsewhere(self):
        for path, body, field in (
                ("users", {"email": "nobody", "display_name": "x"}, "email"),
                ("users", {"email": "a@b@c", "display_name": "x"}, "email"),
                ("users", {"email": "a@b.test", "display_name": "x", "role": "root"}, "role"),
                ("users", {"email": "a@b.test", "display_name": "x", "time_zone": "Mars/Olympus"}, "time_zone"),
                ("users", {"email": "a@b.test", "display_name": "x", "locale": "e"}, "locale"),
                ("users", {"email": "a@b.test"}, "display_name"),
                ("projects", {"name": "x", "owner_id": 999999}, "owner_id"),
                ("projects", {"name": ""}, "name"),
                ("projects", {"name": "x", "archived": "yes"}, "archived"),
                (f"projects/{self.project}/members", {"user_id": 999999}, "user_id"),
                (f"projects/{self.project}/members", {"user_id": self.admin, "role": "boss"}, "role"),
                ("tags", {"name": "x", "colour": "red"}, "colour"),
                ("tags", {"name": "x" * 51}, "name"),
                (f"tasks/{self.task()['id']}/comments", {"body": ""}, "body"),
                (f"tasks/{self.task()['id']}/comments", {"body": "x", "author_id": 999999}, "author_id")):
            self.check_problem(f"{path} {body}", self.ask("POST", path, body), 422, field)

    def test_bad_media_types(self):
        body = json.dumps({"project_id": self.project, "title": "x"})
        for given in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "json",
                      "application/merge-patch+json"):
            self.check_problem(given, self.ask("POST", "tasks", body, {"Content-Type": given}), 415)
        for given in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(self.ask("POST", "tasks", body, {"Content-Type": given})[0], 201, given)

    def test_bad_parameters(self):
        cases = [(f"tasks?{name}={value}", name) for name, value in (
            ("limit", "0"), ("limit", "201"), ("limit", "-1"), ("limit", "x"), ("limit", ""), ("limit", HUGE),
            ("cursor", "x"), ("cursor", "A" * 36), ("status", "open"), ("status", ""), ("priority", "4"),
            ("priority", "-1"), ("project_id", "0"), ("project_id", "-5"), ("project_id", HUGE), ("project_id", "1e3"),
            ("assignee_id", "me"), ("due_before", "now"), ("due_after", "2026-13-01T00:00:00Z"), ("sort", "title"),
            ("sort", ""), ("include", "all"), ("offset", "10"), ("Limit", "1"), ("q", "x" * 201))]
        cases += [("users?q=x", "q"), ("projects?archived=maybe", "archived"), ("tags?sort=name", "sort"),
                  (f"tasks/{self.task()['id']}?fields=id", "fields"), ("reports/workload?limit=x", "limit"),
                  ("/healthz?verbose=1", "verbose")]
        for path, field in cases:
            self.check_problem(path, self.ask("GET", path), 400, field)
        for path in ("tasks?q=%ff", "tasks?q=%00", "tasks?q=%zz", "tasks?q=a&q=b"):
            self.check_problem(path, self.ask("GET", path), 400)
        for q in ("%22", "%27%3B%20DROP%20TABLE%20tasks", "-", "a%20OR", "%5C", "%25", "(((", ":*%26%7C!"):
            self.assertEqual(self.ask("GET", f"tasks?q={q}")[0], 200, q)

    def test_bad_paths(self):
        for path in ("tasks/0", "tasks/-1", "tasks/01", "tasks/1.0", "tasks/abc", f"tasks/{HUGE}", "tasks/%31%00",
                     "tasks/" + "9" * 400, "tasks/1/", "tasks/", "/api/v1", "/api/v2/tasks", "/api/v1/task",
                     "/nothing", "/index.html", "/api/v1/tasks/1/comments/x", "/API/v1/tasks"):
            status, _, body = answer = self.ask("GET", path)
            self.assertIn(status, (400, 404), (path, body))
            self.check_problem(path, answer, status)
        self.check_problem("largest id", self.ask("GET", f"tasks/{2**63 - 1}"), 404)

    def test_bad_methods(self):
        for method, path, allow in (("DELETE", "tasks", "GET, HEAD, OPTIONS, POST"),
                                    ("POST", "tasks/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
                                    ("PUT", "tasks/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
                                    ("PATCH", "/metrics", "GET, HEAD, OPTIONS"),
                                    ("POST", "reports/workload", "GET, HEAD, OPTIONS")):
            answer = self.ask(method, path, {} if method != "DELETE" else None)
            self.check_problem((method, path), answer, 405)
            self.assertEqual(", ".join(sorted(re.split(r", *", answer[1]["Allow"]))), allow)

    # The service about itself ------------------------------------------------------------------

    def test_metrics(self):
        for _ in range(3):
            self.ask("GET", "tasks?limit=5")
        status, headers, text = self.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        text = text.decode()
        self.assertRegex(text, r'http_requests_total\{method="GET",route="/api/v1/tasks",code="200"\} \d')
        self.assertRegex(text, r'db_queries_total\{query="task_list",outcome="ok"\} \d')
        series = [line for line in text.splitlines() if line and not line.startswith("#")]
        bound = json.loads(self.service.run("metrics", "--list", "--json"))
        bound = sum(row["max_series"] for row in bound)
        self.assertLessEqual(len(series), bound)
        self.assertEqual(len({line.rsplit(" ", 1)[0] for line in series}), len(series))
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_task_gauge(self):
        """Counted in the background: todo and in_progress exactly, soon after the start."""
        for status in ("todo", "in_progress", "done"):
            wait_until(f"{status} is counted", lambda s=status: re.search(
                r'tasklab_tasks\{status="%s"\} \d' % s, self.ask("GET", "/metrics")[2].decode()))

    def test_openapi(self):
        spec = self.ask("GET", "/openapi.json")[2]
        self.assertEqual(spec["openapi"], "3.1.0")
        ids = []
        for path, item in spec["paths"].items():
            for method, operation in item.items():
                ids.append(operation["operationId"])
                named = set(re.findall(r"\{(\w+)\}", path))
                self.assertEqual(named, {p["name"] for p in operation["parameters"] if p["in"] == "path"})
                self.assertEqual("requestBody" in operation, method in ("post", "patch"))
            if "{" not in path and "get" in item:
                self.assertEqual(self.ask("GET", path)[0], 200, path)
        self.assertEqual(len(ids), len(set(ids)))
        task = spec["paths"]["/api/v1/tasks"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        self.assertEqual(task["required"], ["project_id", "title"])
        self.assertEqual(task["properties"]["due_at"]["type"], ["string", "null"])

    def test_log_line(self):
        """One line a request, with what it cost; GET of a task is one statement."""
        path = f"/api/v1/tasks/{self.task()['id']}"
        self.ask("GET", path, headers={"X-Request-Id": "log-line-test"})

        def logged():  # once the answer is out
            return [json.loads(line) for line in self.service.logged().splitlines() if "log-line-test" in line]

        wait_until("the request is logged", logged)
        lines = logged()
        self.assertEqual(len(lines), 1)
        self.assertEqual((lines[0]["route"], lines[0]["status"], lines[0]["db_queries"]),
                         ("/api/v1/tasks/{id}", 200, 1))
        self.assertGreater(lines[0]["db_ms"], 0)

    def test_commands(self):
        """user, doctor and healthcheck against the running system."""
        made = json.loads(self.service.run("user", "create", "op@example.test", "--name", "Op", "--json"))
        self.assertEqual((made["email"], made["role"]), ("op@example.test", "member"))
        changed = json.loads(self.service.run("user", "role", "OP@example.test", "viewer", "--json"))
        self.assertEqual((changed["id"], changed["role"]), (made["id"], "viewer"))
        listed = json.loads(self.service.run("user", "list", "--json"))
        self.assertIn("op@example.test", [user["email"] for user in listed])
        checks = {row["check"]: row for row in json.loads(self.service.run("doctor", "--json"))}
        for name in ("database", "migrations", "listen address", "pg_stat_statements", "createdb"):
            self.assertEqual(checks[name]["status"], "ok", checks[name])
        for arguments in ((), ("--ready",)):  # it waits for two seconds only: a busy machine may need another try
            wait_until("the service is healthy", lambda a=arguments: self.service.call("healthcheck", *a).returncode == 0)
        for arguments in (["user", "role", "op@example.test", "emperor"], ["user", "role", "no@example.test", "admin"],
                          ["healthcheck", "--listen", "127.0.0.1:1"]):
            with self.assertRaisesRegex(AssertionError, ": 1\n"):
                self.service.run(*arguments)
        with self.assertRaisesRegex(AssertionError, ": 2\n"):
            self.service.run("user", "forget")


class StartTest(unittest.TestCase):
    """How the service starts and ends, beside a running one."""

    def system(self, **options):
        """(cluster, service) for one test."""
        system = System(**options)
        self.addCleanup(system.remove)
        return system.cluster, system.service

    def test_refuses_to_listen_beyond_loopback(self):
        for listen in ("0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"):
            done = subprocess.run([BINARY, "serve", "--listen", listen], check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, listen)
            self.assertIn("beyond loopback", done.stderr)

    def test_starts_without_database(self):
        cluster, service = self.system(migrate=False, serve=False)
        cluster.stop()
        service.launch()
        wait_until("the service is alive", service.alive)
        status, headers, problem = service.request("GET", "/readyz")
        self.assertEqual((status, problem["status"]), (503, 503))
        self.assertIn("Retry-After", headers)
        self.assertEqual(service.request("GET", "/api/v1/tasks/1")[0], 503)
        cluster.start()
        wait_until("the pool has seen that the database is back",
                   lambda: "schema" in json.dumps(service.request("GET", "/readyz")[2])
                   or "migration" in json.dumps(service.request("GET", "/readyz")[2]))
        service.run("migrate", "up")
        wait_until("the service is ready", service.ready)
        with contextlib.closing(service.connect()) as connection:
            self.assertEqual(exchange(connection, "GET", "/api/v1/tasks")[0], 200)
        service.end(signal.SIGINT)

    def stop_while_a_request_waits(self):
        """A PATCH waits for a row that another session holds; then comes SIGTERM. All would wait for minutes."""
        cluster, service = self.system(**{**PATIENT, "db_statement_timeout": "600s", "http_request_timeout": "600s",
                                          "http_drain_timeout": "600s"})
        path = f"/api/v1/projects/{first_rows(service)}"
        holder = cluster.session()
        self.addCleanup(holder.close)
        holder.run("BEGIN; SELECT id FROM projects FOR UPDATE")
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        answer = pool.submit(service.request, "PATCH", path, {"name": "Changed"}, {"If-Match": "*"})
        wait_until("the request waits", lambda: cluster.query(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0")
        service.process.send_signal(signal.SIGTERM)
        wait_until("the stop is logged", lambda: '"stopping"' in service.logged())
        self.assertIsNone(service.process.poll())
        return service, holder, answer

    def test_stop_finishes_what_is_in_flight(self):
        service, holder, answer = self.stop_while_a_request_waits()
        holder.run("COMMIT")
        self.assertEqual(answer.result(60)[0], 200)
        self.assertEqual(service.process.wait(60), 0)

    def test_second_signal_ends_at_once(self):
        service, _, answer = self.stop_while_a_request_waits()
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(service.process.wait(60), 1)  # a tenth of what the request would be waited for
        with self.assertRaises((http.client.HTTPException, OSError)):
            answer.result(60)

    def test_metrics_listener(self):
        port = free_port()
        _, service = self.system(metrics_listen=f"127.0.0.1:{port}")
        self.assertEqual(service.request("GET", "/metrics")[0], 404)
        wait_until("the second listener is there", lambda: "listening for /metrics" in service.logged())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.addCleanup(connection.close)
        self.assertEqual(exchange(connection, "GET", "/metrics")[0], 200)
        self.assertEqual(exchange(connection, "GET", "/healthz")[0], 200)
        self.assertEqual(exchange(connection, "GET", "/api/v1/tasks")[0], 404)
        service.end()

    def test_without_sandbox(self):
        _, service = self.system(sandbox="off", serve=False)
        service.run("user", "create", "a@example.test", "--role", "admin")
        service.start()
        self.assertEqual(service.request("GET", "/api/v1/users/me")[0], 401)
        status, _, problem = service.request("POST", "/api/v1/projects", {"name": "x"})
        self.assertEqual((status, problem["field"]), (422, "owner_id"))
        self.assertEqual(service.request("POST", "/api/v1/tags", {"name": "x"}, {"Idempotency-Key": "k"})[0], 401)
        self.assertEqual(service.request("POST", "/api/v1/tags", {"name": "x"})[0], 201)


if __name__ == "__main__":
    unittest.main(verbosity=2)
