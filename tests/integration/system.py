"""system.py: what the Python tests share: a private PostgreSQL, the real service, a small client."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


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


def wait_until(what, condition, seconds=30.0):
    """Polls until condition() is true; raises after that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


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
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        """As a crash does: every process at once, nothing flushed."""
        self.signal_all(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

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

    def session(self):
        return Session(self)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.signal_all(signal.SIGCONT)
            self.kill()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Session:
    """A superuser's session that stays open, for holding locks."""

    def __init__(self, cluster):
        self.process = subprocess.Popen(
            [f"{cluster.bin}/psql", "-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-p", str(cluster.port),
             "-U", "postgres", "-d", "tasklab"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, sql):
        """Returns when the statements are done."""
        self.process.stdin.write(f"{sql};\n\\echo done\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()) != "done\n":
            if not line:
                raise AssertionError(f"psql ended: {sql}")

    def close(self):
        self.process.communicate()


class Service:
    """The real binary: tasklab serve on a free port."""

    def __init__(self, binary, cluster, **settings):
        self.binary = binary
        self.port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TASKLAB_")},
            "TASKLAB_DATABASE_URL": cluster.url,
            "TASKLAB_LISTEN": f"127.0.0.1:{self.port}",
            "TASKLAB_SANDBOX": "on",
            "TASKLAB_LOG_FORMAT": "json",
            **{f"TASKLAB_{k.upper()}": str(v) for k, v in settings.items()},
        }
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tasklab-serve-"))
        self.process = None

    def run(self, *arguments):
        """One tasklab command with the service's settings; returns its standard output."""
        done = subprocess.run([self.binary, *arguments], env=self.environment, check=False,
                              capture_output=True, text=True)
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
