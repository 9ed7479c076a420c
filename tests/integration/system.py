"""system.py: what the Python tests share: a private PostgreSQL, the real service, both as one system,
a small client. A test's first argument is the program under test."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else None

# For tests of what a service does, not of how long it is ready to wait: a busy machine may be slow.
PATIENT = {"db_connect_timeout": "30s", "db_pool_wait": "30s", "db_statement_timeout": "60s",
           "http_drain_timeout": "60s", "http_header_timeout": "60s", "http_request_timeout": "60s"}

# What pg_isready leaves in PostgreSQL's log.
OF_STARTING = r'FATAL: +(role "[^"]*" does not exist|the database system is starting up)'

# The kernel gives these ports to no connection: none can sit on one while a server is down.
PORTS = range(20000, 32000)
held = []


def hold_port(port):
    """True: the port is this process's until it ends; tests/integration/pg_fixture.c asks the same way."""
    name = socket.socket(socket.AF_UNIX)
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.closing(probe):
        try:
            name.bind(f"\0tasklab-test-port-{port}")
            probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            return False
    held.append(name)
    return True


def free_port():
    """A port that no other test is given, though nobody listens there yet."""
    return next(port for port in random.sample(PORTS, len(PORTS)) if hold_port(port))


def wait_until(what, condition, seconds=60.0):
    """Polls until condition() is true; raises after that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def process_state(pid):
    """As ps shows it: T is stopped, Z a zombie; None: there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return None


class Cluster:
    """A PostgreSQL cluster of the test's own, in a temporary folder."""

    def __init__(self):
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-test-", dir="/var/tmp"))
        self.port = free_port()
        self.process = None
        self.user = []
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres")
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(
            [*self.user, f"{self.bin}/initdb", "-D", self.home / "data", "-U", "postgres",
             "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = (ROOT / "tools/postgres/tasklab.conf").read_text(encoding="utf-8")
        with open(self.home / "data/postgresql.conf", "a", encoding="utf-8") as into:
            # A SIGKILL loses nothing that was written; only a machine's end would. A busy disk is no test's subject.
            into.write(settings + "fsync = off\n")
        self.log = open(self.home / "log", "ab")
        self.start()
        self.psql("-d", "postgres", "-f", str(ROOT / "tools/postgres/init.sql"))

    @property
    def url(self):
        return f"postgresql://tasklab:tasklab@127.0.0.1:{self.port}/tasklab"

    def start(self):
        self.process = subprocess.Popen(
            [*self.user, f"{self.bin}/postgres", "-D", self.home / "data", "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd="/")
        wait_until("PostgreSQL accepts connections", self.accepts)

    def accepts(self):
        if self.process.poll() is not None:
            raise AssertionError("PostgreSQL ended: " + (self.home / "log").read_text()[-2000:])
        return subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                              check=False).returncode == 0

    def members(self):
        """The postmaster and its children."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
                                  check=False, capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def signal_all(self, number):
        """Returns whom it was sent to."""
        members = self.members()
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return members

    def freeze(self):
        """SIGSTOP to every process: first to the postmaster, so that no child is made meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until("the postmaster has stopped", lambda: process_state(self.process.pid) in ("T", "Z", None))
        self.signal_all(signal.SIGSTOP)

    def kill(self):
        """As a crash does: every process at once, nothing flushed. None is left when it returns: one
        that still had the shared memory would keep PostgreSQL from starting again."""
        self.freeze()
        members = self.signal_all(signal.SIGKILL)
        self.process.wait()
        wait_until("every process of PostgreSQL has ended",
                   lambda: all(process_state(pid) in ("Z", None) for pid in members))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def psql(self, *arguments):
        done = subprocess.run(
            [f"{self.bin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
             "-p", str(self.port), "-U", "postgres", *arguments],
            check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"psql {arguments}: {done.stderr}")
        return done.stdout.strip()

    def query(self, sql, database="tasklab"):
        return self.psql("-d", database, "-c", sql)

    def session(self, database="tasklab"):
        return Session(self, database)

    def renew(self):
        """An empty database, once the sessions of earlier services have ended."""
        wait_until("no service has a session", lambda: self.query(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tasklab'") == "0")
        self.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION tasklab;"
                   "CREATE EXTENSION pg_stat_statements; CREATE EXTENSION hypopg;"
                   "CREATE EXTENSION pg_wait_sampling; GRANT pg_monitor TO tasklab")

    def check_log(self, expected):
        """No error is in the log but those that the pattern allows."""
        errors = [line for line in (self.home / "log").read_text().splitlines()
                  if re.search(r"\b(ERROR|FATAL|PANIC):", line) and not re.search(f"{expected}|{OF_STARTING}", line)]
        assert not errors, "unexpected in PostgreSQL's log:\n" + "\n".join(errors[:20])

    def remove(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Session:
    """A superuser's session that stays open, for holding locks."""

    def __init__(self, cluster, database):
        self.cluster = cluster
        self.process = subprocess.Popen(
            [f"{cluster.bin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
             "-p", str(cluster.port), "-U", "postgres", "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.run("SELECT pg_backend_pid()")[0]

    def run(self, sql):
        """Returns the lines of the answers when the statements are done."""
        self.process.stdin.write(f"{sql};\n\\echo done\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != "done\n":
            if not line:
                raise AssertionError(f"psql ended: {sql}")
            lines.append(line.rstrip("\n"))
        return lines

    def close(self):
        """Returns when the server has ended it too: until then its locks are held."""
        self.process.communicate()
        wait_until("the session has ended", lambda: self.cluster.query(
            f"SELECT count(*) FROM pg_stat_activity WHERE pid = {self.pid}") == "0")


def named(settings):
    """Settings as the environment's variables."""
    return {f"TASKLAB_{name.upper()}": str(value) for name, value in settings.items()}


class Service:
    """The real binary: tasklab serve on a free port."""

    def __init__(self, binary, cluster, **settings):
        self.binary = binary
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-serve-"))
        self.labs = self.home / "labs"  # of a person's own
        self.labs.mkdir()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TASKLAB_")},
            "TASKLAB_DATABASE_URL": cluster.url,
            "TASKLAB_LISTEN": f"127.0.0.1:{self.port}",
            "TASKLAB_SANDBOX": "on",
            "TASKLAB_LOG_FORMAT": "json",
            "TASKLAB_LABS_DIR": str(self.labs),
            **named(settings),
        }
        self.process = None

    def run(self, *arguments):
        """One tasklab command with the service's settings; returns its standard output."""
        done = self.call(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"tasklab {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def launch(self):
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        self.launch()
        wait_until("the service is ready", self.ready)
        return self

    def answers(self, path):
        if self.process.poll() is not None:
            raise AssertionError(f"tasklab serve ended with {self.process.returncode}: {self.logged()[-3000:]}")
        try:
            return self.request("GET", path)[0] == 200
        except OSError:
            return False

    def alive(self):
        return self.answers("/healthz")

    def ready(self):
        return self.answers("/readyz")

    def logged(self):
        return (self.home / "log").read_text()

    def call(self, *arguments, stdin="", **settings):
        """One tasklab command, with other settings if any, however it ends."""
        return subprocess.run([self.binary, *arguments], env={**self.environment, **named(settings)}, check=False,
                              capture_output=True, text=True, input=stdin)

    def popen(self, *arguments, **settings):
        """The same, still at work."""
        return subprocess.Popen([self.binary, *arguments], env={**self.environment, **named(settings)},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, number=signal.SIGTERM):
        """In order: under the sanitizers a leak or a race would show in the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(120)
        assert status == 0, f"serve ended with {status}: {self.logged()[-3000:]}"

    def connect(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, decoded JSON or text) over a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            return exchange(connection, method, path, body, headers)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class System:
    """A cluster and the service on it, migrated; with a seed also filled, with serve also started."""

    def __init__(self, binary=BINARY, migrate=True, seed=None, serve=True, **settings):
        with contextlib.ExitStack() as made:
            self.cluster = Cluster()
            made.callback(self.cluster.remove)
            self.service = Service(binary, self.cluster, **settings)
            made.callback(self.service.remove)
            if migrate:
                self.service.run("migrate", "up")
            if seed:
                self.service.run("seed", "--scale", seed)
            if serve:
                self.service.start()
            self.remove = made.pop_all().close


class SystemTest(unittest.TestCase):
    """Tests that share one system; at the end the service must stop in order."""

    system = {}             # what System is made with
    expected_errors = None  # in PostgreSQL's log, by a pattern; None: of no interest

    @classmethod
    def setUpClass(cls):
        system = System(**cls.system)
        cls.addClassCleanup(system.remove)
        cls.cluster, cls.service = system.cluster, system.service

    @classmethod
    def tearDownClass(cls):
        if cls.service.process:
            cls.service.end()
        if cls.expected_errors is not None:
            cls.cluster.check_log(cls.expected_errors)


def exchange(connection, method, path, body=None, headers=None):
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if text and "json" in (answer.getheader("Content-Type") or ""):
        text = json.loads(text)
    return answer.status, dict(answer.getheaders()), text


def first_rows(service):
    """A user and a project to hang tasks on; returns the project's id."""
    status, _, user = service.request("POST", "/api/v1/users", {
        "email": "first@example.test", "display_name": "First", "role": "admin"})
    assert status == 201, (status, user)
    status, _, project = service.request("POST", "/api/v1/projects", {"name": "First", "owner_id": user["id"]})
    assert status == 201, (status, project)
    return project["id"]
