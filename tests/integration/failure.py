#!/usr/bin/env python3
"""failure.py BINARY: PostgreSQL killed or hung under load, and SIGTERM under load.

What was acknowledged is there afterwards; answers come within a second also while the database is
gone; the service heals within two seconds of its return, without a restart; a stop fails no request.
"""

import contextlib
import http.client
import os
import signal
import socket
import sys
import threading
import time
import unittest

from system import Cluster, Service, exchange, first_rows, wait_until

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else None
WRITERS = 8


class Writer(threading.Thread):
    """Posts one task after the other over a kept-alive connection and notes every answer."""

    def __init__(self, service, project, number):
        super().__init__(daemon=True)
        self.service, self.project, self.number = service, project, number
        self.acknowledged = []  # (task id, title)
        self.answers = []       # (sent, answered, status, headers, body)
        self.lost = []          # requests sent in full that got no answer
        self.refused = False    # no connection could be made any more
        self.stop = threading.Event()

    def run(self):
        connection = self.service.connect()
        count = 0
        while not self.stop.is_set():
            title = f"writer {self.number} task {count}"
            count += 1
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                self.refused = True
                return
            sent = time.monotonic()
            try:
                status, headers, body = exchange(connection, "POST", "/api/v1/tasks", {
                    "project_id": self.project, "title": title})
            except (http.client.HTTPException, OSError) as error:
                self.lost.append((title, repr(error)))
                connection.close()
                return
            self.answers.append((sent, time.monotonic(), status, headers, body))
            if status == 201:
                self.acknowledged.append((body["id"], title))
        connection.close()


class Failure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.remove)

    def setUp(self):
        self.cluster.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION tasklab;"
                           "CREATE EXTENSION pg_stat_statements; CREATE EXTENSION hypopg;"
                           "CREATE EXTENSION pg_wait_sampling")
        self.service = Service(BINARY, self.cluster)
        self.addCleanup(self.service.remove)
        self.service.run("migrate", "up")
        self.service.start()
        self.project = first_rows(self.service)

    def start_writers(self):
        writers = [Writer(self.service, self.project, n) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        self.addCleanup(lambda: [w.stop.set() for w in writers])
        wait_until("every writer has written", lambda: all(len(w.acknowledged) >= 20 for w in writers))
        return writers

    def end_writers(self, writers):
        for writer in writers:
            writer.stop.set()
        for writer in writers:
            writer.join(30)
            self.assertFalse(writer.is_alive(), "a writer hangs")

    def assert_nothing_lost(self, writers):
        there = set(self.cluster.query("SELECT id || ' ' || title FROM tasks").split("\n"))
        for writer in writers:
            for task, title in writer.acknowledged:
                self.assertIn(f"{task} {title}", there, "an acknowledged task is gone")

    def outage(self, writers, begin, end):
        """Ends the database by begin(), checks the answers, brings it back by end(), checks again."""
        pid = self.service.process.pid
        began = time.monotonic()
        begin()
        wait_until("every writer gets a 503 and goes on getting them",
                   lambda: all(sum(a[0] > began and a[2] == 503 for a in w.answers) >= 20 for w in writers), 60)
        status, headers, body = self.service.request("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertEqual(self.service.request("GET", "/healthz")[0], 200)
        self.assertEqual(self.service.request("GET", "/metrics")[0], 200)
        end()
        returned = time.monotonic()
        wait_until("ready again", lambda: self.service.request("GET", "/readyz")[0] == 200)
        wait_until("every writer is acknowledged again",
                   lambda: all(any(a[0] > returned and a[2] == 201 for a in w.answers) for w in writers))
        healed = time.monotonic() - returned
        self.end_writers(writers)
        self.assertEqual(self.service.process.pid, pid)
        self.assertIsNone(self.service.process.poll())
        slowest = first = 0.0
        for writer in writers:
            self.assertEqual(writer.lost, [])
            bad = [a for a in writer.answers if a[2] != 201]
            first = max(first, min(a[1] for a in bad) - began)
            for sent, answered, status, headers, body in bad:
                self.assertEqual(status, 503, body)
                self.assertIn("Retry-After", headers)
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertEqual(body["status"], 503)
                if answered < returned:
                    slowest = max(slowest, answered - sent)
        self.assert_nothing_lost(writers)
        return first, slowest, healed

    def test_killed_database(self):
        first, slowest, healed = self.outage(self.start_writers(), self.cluster.kill, self.cluster.start)
        print(f"number: SIGKILL of PostgreSQL: first 503 after {first:.2f} s, slowest 503 {slowest:.2f} s, "
              f"serving again {healed:.2f} s after its return")
        self.assertLess(first, 1.0)
        self.assertLess(slowest, 1.0)
        self.assertLess(healed, 2.0)

    def test_database_away_at_start(self):
        self.service.process.terminate()
        self.service.process.wait(30)
        self.cluster.kill()
        self.service = Service(BINARY, self.cluster)
        self.addCleanup(self.service.remove)
        self.service.launch()
        wait_until("the service answers without its database", self.service.alive)
        self.assertEqual(self.service.request("GET", "/readyz")[0], 503)
        self.assertEqual(self.service.request("GET", "/api/v1/tasks")[0], 503)
        self.cluster.start()
        wait_until("ready after the database came", self.service.ready, 2.0)

    def test_sigterm_under_load(self):
        writers = self.start_writers()
        self.service.process.send_signal(signal.SIGTERM)
        code = self.service.process.wait(30)
        for writer in writers:
            writer.join(30)
            self.assertFalse(writer.is_alive(), "a writer hangs")
        self.assertEqual(code, 0, self.service.logged()[-2000:])
        for writer in writers:
            self.assertEqual(writer.lost, [], "a request that was sent got no answer")
            self.assertEqual([a for a in writer.answers if a[2] != 201], [])
            self.assertTrue(writer.refused)
        self.assert_nothing_lost(writers)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.service.port), 1).close()

    def test_sigterm_with_idle_connection(self):
        with contextlib.closing(self.service.connect()) as connection:
            self.assertEqual(exchange(connection, "GET", "/healthz")[0], 200)
            began = time.monotonic()
            self.service.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.service.process.wait(30), 0)
            self.assertLess(time.monotonic() - began, 15, "an idle connection holds up the stop")


if __name__ == "__main__":
    os.environ.pop("TASKLAB_CONFIG", None)
    unittest.main(verbosity=2)
