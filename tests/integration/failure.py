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
import threading
import time
import unittest

from system import BINARY, PATIENT, Cluster, Service, exchange, first_rows, wait_until

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


class Writers(unittest.TestCase):
    """A service on an empty database, and clients that write."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.remove)

    def setUp(self):
        self.cluster.renew()
        self.service = Service(BINARY, self.cluster, **self.settings)
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
            writer.join(60)
            self.assertFalse(writer.is_alive(), "a writer hangs")

    def assert_nothing_lost(self, writers):
        there = set(self.cluster.query("SELECT id || ' ' || title FROM tasks").split("\n"))
        for writer in writers:
            for task, title in writer.acknowledged:
                self.assertIn(f"{task} {title}", there, "an acknowledged task is gone")


class Outage(Writers):
    def assert_within(self, seconds, limit, usual):
        """Or, where the machine is so busy that usual answers take long too, not much longer than these."""
        self.assertLess(seconds, max(limit, 10 * usual))

    def outage(self, writers, begin, end):
        """Ends the database by begin(), checks the answers, brings it back by end(), checks again."""
        pid = self.service.process.pid
        began = time.monotonic()
        begin()
        wait_until("every writer gets a 503 and goes on getting them",
                   lambda: all(sum(a[0] > began and a[2] == 503 for a in w.answers) >= 20 for w in writers))
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
        slowest = first = usual = 0.0
        for writer in writers:
            self.assertEqual(writer.lost, [])
            usual = max(usual, *(a[1] - a[0] for a in writer.answers if a[1] < began))
            bad = [a for a in writer.answers if a[2] != 201]
            first = max(first, min(a[1] for a in bad if a[1] > began) - began)
            for sent, answered, status, headers, body in bad:
                self.assertEqual(status, 503, body)
                self.assertIn("Retry-After", headers)
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertEqual(body["status"], 503)
                if answered < returned:
                    slowest = max(slowest, answered - sent)
        self.assert_nothing_lost(writers)
        return first, slowest, healed, usual

    def test_killed_database(self):
        first, slowest, healed, usual = self.outage(self.start_writers(), self.cluster.kill, self.cluster.start)
        print(f"number: SIGKILL of PostgreSQL: first 503 after {first:.2f} s, slowest 503 {slowest:.2f} s, "
              f"serving again {healed:.2f} s after its return; slowest answer before {usual:.3f} s")
        self.assert_within(first, 1.0, usual)
        self.assert_within(slowest, 1.0, usual)
        self.assert_within(healed, 2.0, usual)

    def test_database_away_at_start(self):
        self.service.end()
        self.cluster.kill()
        self.service = Service(BINARY, self.cluster)
        self.addCleanup(self.service.remove)
        self.service.launch()
        wait_until("the service answers without its database", self.service.alive)
        self.assertEqual(self.service.request("GET", "/readyz")[0], 503)
        self.assertEqual(self.service.request("GET", "/api/v1/tasks")[0], 503)
        usual = max(self.timed(self.service.alive) for _ in range(50))
        self.cluster.start()
        self.assert_within(self.timed(lambda: wait_until("the service is ready", self.service.ready)), 2.0, usual)

    @staticmethod
    def timed(work):
        began = time.monotonic()
        work()
        return time.monotonic() - began


class Stop(Writers):
    settings = {**PATIENT, "http_drain_timeout": "600s", "http_idle_timeout": "600s"}

    def test_sigterm_under_load(self):
        writers = self.start_writers()
        self.service.process.send_signal(signal.SIGTERM)
        code = self.service.process.wait(60)
        for writer in writers:
            writer.join(60)
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
            self.service.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.service.process.wait(60), 0)  # an idle connection would hold it up ten times as long


if __name__ == "__main__":
    os.environ.pop("TASKLAB_CONFIG", None)
    unittest.main(verbosity=2)
