#!/usr/bin/env python3
"""metrics.py BINARY: what others make of /metrics: promtool, Python's OpenMetrics parser, Prometheus.

Prometheus scrapes the protobuf form: quantiles over native histograms are as true as their buckets,
and the exemplars' trace ids are those that were sent.
"""

import contextlib
import gzip
import http.client
import json
import math
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from system import PATIENT, SystemTest, exchange, first_rows, free_port, wait_until

# Debian's python3-prometheus-client, also where another Python runs this.
sys.path.append("/usr/lib/python3/dist-packages")
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
REQUESTS = 400
BUCKET_FACTOR = 2 ** (2 ** -3)  # of schema 3: a bucket's upper bound to its lower one
TASK_ROUTE = "/api/v1/tasks/{id}"


def traceparent(trace_id, flags="01"):
    return {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"}


class Prometheus:
    """A real one, with native histograms and exemplars, that scrapes one service."""

    def __init__(self, service):
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-prometheus-"))
        (self.home / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            "scrape_configs:\n"
            "  - job_name: tasklab\n"
            f"    static_configs: [targets: ['127.0.0.1:{service.port}']]\n", encoding="utf-8")
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.home}/prometheus.yml",
                 f"--storage.tsdb.path={self.home}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}",
                 "--enable-feature=native-histograms,exemplar-storage"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
        try:
            wait_until("Prometheus is ready", self.ready)
        except AssertionError:
            self.remove()
            raise

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError("prometheus ended: " + (self.home / "log").read_text()[-2000:])
        with contextlib.suppress(OSError):
            return self.get("/-/ready")[0] == 200
        return False

    def get(self, path):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            return exchange(connection, "GET", path)

    def api(self, path, **arguments):
        status, _, answer = self.get(f"/api/v1/{path}?{urllib.parse.urlencode(arguments)}")
        assert status == 200 and answer["status"] == "success", answer
        return answer["data"]

    def value(self, query, moment):
        """Of the one series that the query finds, as it was then, or None."""
        result = self.api("query", query=query, time=moment)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def trace_ids(self, query):
        now = time.time()
        found = self.api("query_exemplars", query=query, start=now - 600, end=now + 60)
        return {one["labels"]["trace_id"]: float(one["value"]) for series in found for one in series["exemplars"]}

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class Metrics(SystemTest):
    system = PATIENT

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = first_rows(cls.service)
        status, _, task = cls.service.request("POST", "/api/v1/tasks", {"project_id": cls.project, "title": "one"})
        assert status == 201, task
        cls.task = f"/api/v1/tasks/{task['id']}"

    def scrape(self, accept=None, coding=None, path="/metrics"):
        headers = {**({"Accept": accept} if accept else {}), **({"Accept-Encoding": coding} if coding else {})}
        status, headers, body = self.service.request("GET", path, headers=headers)
        self.assertEqual(status, 200, body)
        return headers, body

    def families(self, path="/metrics"):
        headers, body = self.scrape(OPENMETRICS, path=path)
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        return {family.name: family for family in text_string_to_metric_families(body.decode())}

    def exemplars(self, name, labels):
        """The exemplars by trace id of the series that have these labels."""
        return {sample.exemplar.labels["trace_id"]: sample.exemplar for sample in self.families()[name].samples
                if sample.exemplar and labels.items() <= sample.labels.items()}

    def test_promtool_is_silent(self):
        _, body = self.scrape()
        done = subprocess.run(["promtool", "check", "metrics"], input=body, check=False, capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_content_coding(self):
        headers, body = self.scrape(coding="gzip")
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertIn("Accept-Encoding", headers["Vary"])
        self.assertIn(b"\n# TYPE http_requests_total counter\n", gzip.decompress(body))
        headers, _ = self.scrape(PROTOBUF)
        self.assertTrue(headers["Content-Type"].startswith("application/vnd.google.protobuf;"))
        self.assertNotIn("Content-Encoding", headers)

    def test_openmetrics_is_accepted_with_its_exemplars(self):
        trace = secrets.token_hex(16)
        unsampled = secrets.token_hex(16)
        with contextlib.closing(self.service.connect()) as connection:  # on one, requests are counted in turn
            exchange(connection, "GET", self.task, headers=traceparent(unsampled, "00"))
            exchange(connection, "GET", self.task, headers=traceparent(trace))
        for name, labels in (("http_request_duration_seconds", {"route": TASK_ROUTE, "method": "GET"}),
                             ("db_query_duration_seconds", {"query": "task_get"})):
            # A request is counted when its answer is sent: perhaps a moment after it was read.
            wait_until(f"the exemplar of {name}", lambda: trace in self.exemplars(name, labels))
            exemplars = self.exemplars(name, labels)
            self.assertNotIn(unsampled, exemplars)
            self.assertLess(abs(float(exemplars[trace].timestamp) - time.time()), 60)
        families = self.families()
        self.assertEqual(families["http_requests"].type, "counter")
        self.assertEqual(families["http_request_duration_seconds"].unit, "seconds")
        self.assertFalse([sample for family in families.values() for sample in family.samples
                          if sample.name.endswith("_created")])

    def test_created_where_asked(self):
        samples = [sample for family in self.families("/metrics?created=true").values()
                   for sample in family.samples if sample.name.endswith("_created")]
        self.assertIn("http_requests_created", [sample.name for sample in samples])
        for sample in samples:
            self.assertLess(abs(sample.value - time.time()), 600)
        self.assertEqual(self.service.request("GET", "/metrics?created=maybe")[0], 400)

    def durations(self):
        """Seconds of each request for a task, as the service itself measured them."""
        lines = [json.loads(line) for line in self.service.logged().splitlines()]
        return [line["duration_ms"] / 1e3 for line in lines if line.get("route") == TASK_ROUTE]

    def load(self):
        with contextlib.closing(self.service.connect()) as connection:
            for _ in range(REQUESTS):
                self.assertEqual(exchange(connection, "GET", self.task)[0], 200)

    def test_prometheus_reads_native_histograms_and_exemplars(self):
        prometheus = Prometheus(self.service)
        self.addCleanup(prometheus.remove)
        self.load()
        durations, moment = [], 0.0
        series = f'http_request_duration_seconds{{route="{TASK_ROUTE}",method="GET"}}'

        def scraped():
            nonlocal moment
            durations[:], moment = sorted(self.durations()), time.time()
            return len(durations) >= REQUESTS and prometheus.value(f"histogram_count({series})", moment) == len(durations)

        wait_until("the whole load was scraped", scraped)
        self.assertEqual(prometheus.value('up{job="tasklab"}', moment), 1)
        self.assertAlmostEqual(prometheus.value(f"histogram_sum({series})", moment), sum(durations), places=4)
        for quantile in (0.1, 0.5, 0.9, 0.99, 1):
            true = durations[max(math.ceil(quantile * len(durations)), 1) - 1]
            found = prometheus.value(f"histogram_quantile({quantile}, {series})", moment)
            self.assertLessEqual(found, true * BUCKET_FACTOR, quantile)
            self.assertGreaterEqual(found, true / BUCKET_FACTOR, quantile)
        for _ in range(3):
            trace = secrets.token_hex(16)
            self.service.request("GET", self.task, headers=traceparent(trace))
            for query in (series, 'db_query_duration_seconds{query="task_get"}'):
                wait_until(f"the exemplar of {query}", lambda q=query, t=trace: t in prometheus.trace_ids(q))


if __name__ == "__main__":
    unittest.main(verbosity=2)
