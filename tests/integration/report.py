#!/usr/bin/env python3
"""report.py: the reports of real runs: JSON against its schema, HTML by parsers, Markdown, text.

usage: report.py PROGRAM
"""

import html.parser
import json
import pathlib
import re
import tempfile
import xml.etree.ElementTree

import jsonschema

import system

SCHEMA = json.loads((system.ROOT / "docs/lab-report.schema.json").read_text(encoding="utf-8"))
LOADING = {"src", "srcset", "data", "action", "poster", "background", "ping", "manifest"}


class Page(html.parser.HTMLParser):
    """What a browser would see: balanced tags, no element or attribute that loads anything."""

    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.text = [], set(), [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "audio",
                           "video", "source", "form"}, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag}: an attribute twice: {names}"
        for name, value in attrs:
            assert name not in LOADING and not name.startswith("on"), f"{tag} {name}"
            assert "url(" not in (value or ""), value
            if name == "href":
                assert value.startswith("#"), value
                self.links.append(value[1:])
            if name == "id":
                assert value not in self.ids, f"id {value} twice"
                self.ids.add(value)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> within {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def check_html(text):
    xml.etree.ElementTree.fromstring(text)  # well-formed as XML too
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>") and '<html lang="en">' in text
    assert set(page.links) <= page.ids, set(page.links) - page.ids
    assert page.headings[0] == 1 and page.headings.count(1) == 1, page.headings
    for above, below in zip(page.headings, page.headings[1:]):
        assert below <= above + 1, f"a heading's level is left out: {page.headings}"
    style = text.split("<style>")[1].split("</style>")[0]
    assert "@import" not in style and "url(" not in style
    assert "prefers-color-scheme" in style and "@media print" in style
    return " ".join("".join(page.text).split())


def check_json(report):
    checker = jsonschema.Draft202012Validator(SCHEMA)
    problems = [f"{e.json_path}: {e.message[:300]}" for e in checker.iter_errors(report)]
    assert not problems, "\n".join(problems[:10])


class Lab:
    """`tasklab lab` on a cluster of its own."""

    def __init__(self, made):
        self.cluster, self.service = made.cluster, made.service
        self.service.environment["NO_COLOR"] = ""

    def __call__(self, *words, expect=0):
        done = self.service.call(*words)
        said = done.stdout + done.stderr
        assert "Sanitizer" not in said and "runtime error" not in said, said
        assert expect is None or done.returncode == expect, f"{words}: exit {done.returncode}, not {expect}: {said}"
        return done

    def clean(self):
        left = self.cluster.query("SELECT string_agg(datname, ' ') FROM pg_database"
                                  " WHERE datname LIKE 'lab\\_%'", "postgres")
        assert left == "", f"left behind: {left}"


def schema_refuses():
    """The schema is a sound one, and not one that lets everything pass."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({})


def is_refused(report, change):
    copy = json.loads(json.dumps(report))
    change(copy)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(copy), change


def mutations_are_refused(report):
    def broken(change):
        is_refused(report, change)

    broken(lambda r: r.update(verdict="perhaps"))
    broken(lambda r: r.update(evidence=[]))
    broken(lambda r: r["before"].pop("latency_ns"))
    broken(lambda r: r["after"]["plans"][0].update(nodes=[]))
    broken(lambda r: r["before"]["statement"].update(calls="many"))
    broken(lambda r: r["evidence"][0].update(outcome="not held"))  # without its reason


def a_run_is_saved_in_four_formats(lab, folder):
    lab("lab", "run", "missing-index", "--report", str(folder))
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"missing-index-small.{e}" for e in ("html", "json", "md", "txt")], names
    text = {path.suffix: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    report = json.loads(text[".json"])
    check_json(report)
    mutations_are_refused(report)
    assert report["kind"] == "run" and report["verdict"] == "passed", report["verdict"]
    seen = check_html(text[".html"])
    blocks = report["before"]["plans"][0]["nodes"][0]["shared_blocks"]
    for what in ("A missing index", "passed", "only here", f"{blocks:,.0f}", "p99", "same rows",
                 "CREATE INDEX", "Rows Removed by Filter"):
        assert what in seen, what
    assert "-  └ Seq Scan on tasks" in text[".txt"] and "\033" not in text[".txt"]
    assert "+  Index Scan on tasks" in text[".txt"]
    assert text[".md"].startswith("# missing\\-index: A missing index\n")
    lab.clean()


CHEAP = "SELECT id FROM tasks WHERE project_id = $1 AND id > 0"
DEAR = "SELECT id FROM tasks WHERE project_id + 0 = $1"
PARAMS = "SELECT id FROM projects ORDER BY id LIMIT 5"


def two_statements_are_compared(lab, folder):
    done = lab("lab", "compare", DEAR, CHEAP, "--params", PARAMS, "--calls", "10", "--report", str(folder))
    assert "same rows: against A, B touches" in done.stdout and "fewer blocks" in done.stdout, done.stdout
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"compare-small.{e}" for e in ("html", "json", "md", "txt")], names
    report = json.loads((folder / "compare-small.json").read_text(encoding="utf-8"))
    check_json(report)
    seen = check_html((folder / "compare-small.html").read_text(encoding="utf-8"))
    assert "Statement A" in seen and "project_id + 0" in seen and "only here" in seen
    sides = report["before"], report["after"]
    assert (report["kind"], report["lab"], report["verdict"]) == ("compare", None, "same rows")
    assert [side["label"] for side in sides] == ["A", "B"]
    assert [side["script"] for side in sides] == [DEAR, CHEAP]
    assert [side["statement"]["calls"] for side in sides] == [10, 10]
    assert report["equivalence"]["parameter_rows"] == 5
    blocks = [side["statement"]["shared_blks_hit"] + side["statement"]["shared_blks_read"] for side in sides]
    assert blocks[0] > 10 * blocks[1], blocks
    assert report["equivalence"]["differing_parameter_rows"] == 0
    lab.clean()


def other_rows_are_told(lab):
    done = lab("lab", "compare", "SELECT id FROM tags", "SELECT id + 1 FROM tags", "--calls", "3", "--json", expect=3)
    report = json.loads(done.stdout)
    check_json(report)
    assert report["verdict"] == "different rows", report["verdict"]
    turned = "SELECT id FROM tags ORDER BY id", "SELECT id FROM tags ORDER BY id DESC"
    lab("lab", "compare", *turned, "--calls", "3")
    lab("lab", "compare", *turned, "--calls", "3", "--ordered", expect=3)
    lab.clean()


def writes_stay_in_the_clone(lab):
    count = "SELECT count(*), sum(id), max(updated_at) FROM tasks"
    before = lab.cluster.query(count)
    lab("lab", "compare", "DELETE FROM comments WHERE id = 1", "DELETE FROM comments WHERE id IN (1)",
        "--calls", "2")
    for where in (["--app-data"], ["--in", "tasklab"]):
        done = lab("lab", "compare", "SELECT 1", "UPDATE tasks SET title = 'x'", *where, expect=1)
        assert "statement B writes, and tasklab is only read" in done.stderr, done.stderr
        done = lab("lab", "explain", "UPDATE tasks SET title = 'x'", "--analyze", *where, expect=1)
        assert "the statement writes, and tasklab is only read" in done.stderr, done.stderr
    assert lab.cluster.query(count) == before
    lab.clean()


def the_services_data_are_compared(lab):
    done = lab("lab", "compare", "SELECT count(*) FROM tasks", "SELECT count(id) FROM tasks", "--app-data",
               "--calls", "4", "--json")
    report = json.loads(done.stdout)
    check_json(report)
    assert (report["database"], report["scale"], report["verdict"]) == ("tasklab", None, "same rows")
    assert report["before"]["workload"]["calls"] == report["before"]["latency_ns"]["count"] == 4
    assert report["before"]["plans"][0]["nodes"][0]["shared_blocks"] > 0
    assert "Measured by one session" in report["note"]


def mistakes_are_named(lab):
    for words, code, said in (
            (["compare", "SELECT 1", "SELECT * FORM x", "--app-data"], 1, "statement B, line 1: "),
            (["compare", "SELECT nothing", "SELECT 1", "--app-data"], 1, 'column "nothing" does not exist'),
            (["compare", "SELECT $1", "SELECT 1"], 1, "statement A has parameters ($1)"),
            (["compare", "SELECT 1", " -- nothing"], 1, "statement B is empty"),
            (["compare", "SELECT 1", "SELECT 'open"], 1, "statement B: line 1: "),
            (["compare", "SELECT $1::int", "SELECT 1", "--params", "SELECT 1 WHERE false", "--app-data"], 1, "0 rows"),
            (["compare", "SELECT 1", "SELECT 1", "--in", "active"], 1, "no lab is active"),
            (["compare", "SELECT 1", "SELECT 1", "--in", "nothing"], 1, 'no database "nothing"'),
            (["compare", "SELECT 1", "SELECT 1", "--app-data", "--clients", "2"], 1, "only in a clone"),
            (["compare", "SELECT 1"], 2, "expected two statements"),
            (["compare", "SELECT 1", "SELECT 1", "--in", "x", "--scale", "small"], 2, "choose one"),
            (["compare", "SELECT 1", "SELECT 1", "--scale", "huge"], 2, "expected small, medium or large"),
            (["compare", "SELECT 1", "SELECT 1", "--clients", "0"], 2, "--clients"),
            (["explain"], 2, "expected one statement"),
            (["explain", "SELECT 1", "--analyze", "--hypothetical", "CREATE INDEX ON tasks (id)"], 2, "choose one"),
            (["explain", "SELEC 1"], 1, 'syntax error at or near "SELEC"'),
            (["explain", "VACUUM"], 1, "this statement has no plan"),
            (["explain", "SELECT 1; SELECT 2"], 1, "not several"),
            (["explain", ";"], 1, "no statement to explain"),
            (["explain", "SELECT 1", "--hypothetical", "DROP TABLE tasks"], 1, "this is none"),
            (["explain", "SELECT 1", "--hypothetical", "CREATE INDEX ON nothing (a)"], 1, '"nothing" does not exist')):
        done = lab("lab", *words, expect=code)
        assert said in done.stderr, f"{words}: {done.stderr}"
    lab.clean()


FILTER = "SELECT id FROM tasks WHERE title = $1"
VALUE = "SELECT title FROM tasks WHERE id = 7"
INDEX = "CREATE INDEX ON tasks (title)"


def a_plan_is_explained(lab):
    done = lab("lab", "explain", FILTER, "--params", VALUE, "--json")
    plan = json.loads(done.stdout)
    assert (plan["place"], plan["database"], plan["analyzed"], plan["with"]) == ("read only", "tasklab", False, None)
    assert plan["plan"]["nodes"][0]["total_cost"] > 0 and plan["plan"]["nodes"][0]["loops"] == 0
    done = lab("lab", "explain", "SELECT count(*) FROM tasks", "--analyze")
    assert "executed and rolled back" in done.stdout and "Aggregate" in done.stdout and "\033" not in done.stdout
    version = int(lab.cluster.query("SHOW server_version_num"))
    done = lab("lab", "explain", "SELECT FROM tasks WHERE id = $1", expect=0 if version >= 160000 else 1)
    assert "for any parameters" in done.stdout or "--params" in done.stderr


def indexes_are_imagined(lab):
    words = ["lab", "explain", FILTER, "--params", VALUE, "--hypothetical", INDEX,
             "--hypothetical", "CREATE INDEX ON tasks (version)"]
    found = json.loads(lab(*words, "--json").stdout)
    assert [index["used"] for index in found["hypothetical"]] == [True, False], found["hypothetical"]
    assert all(index["bytes"] > 8192 for index in found["hypothetical"])
    plan, imagined = (found[name]["nodes"] for name in ("plan", "with"))
    assert imagined[0]["total_cost"] < plan[0]["total_cost"] / 10, (imagined[0], plan[0])
    assert found["hypothetical"][0]["name"] in [node["index"] for node in imagined]
    assert any(node["changed"] for node in plan) and any(node["changed"] for node in imagined)
    text = lab(*words).stdout
    for what in ("As it is", "With the hypothetical indexes", "not used", INDEX, "less\n"):
        assert what in text, text
    assert lab.cluster.query("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%btree (title)%'") == "0"
    lab.cluster.query("DROP EXTENSION hypopg")
    done = lab(*words, expect=1)
    assert "as a superuser run CREATE EXTENSION hypopg" in done.stderr, done.stderr
    lab.cluster.query("CREATE EXTENSION hypopg")


def a_labs_database_is_used(lab):
    lab("lab", "run", "missing-index", "--keep")
    where = ["--in", "missing-index"]
    found = json.loads(lab("lab", "explain", "DELETE FROM task_tags", "--analyze", *where, "--json").stdout)
    assert (found["place"], found["database"]) == ("lab", "lab_missing_index"), found["place"]
    assert found["plan"]["nodes"][0]["type"] == "Delete" and found["plan"]["nodes"][1]["actual_rows"] > 0
    assert lab.cluster.query("SELECT count(*) > 0 FROM task_tags", "lab_missing_index") == "t"
    done = lab("lab", "compare", "DELETE FROM task_tags WHERE task_id = 1", "DELETE FROM task_tags WHERE task_id IN (1)",
               *where, "--calls", "2", "--json")
    check_json(json.loads(done.stdout))
    lab("lab", "reset")
    done = lab("lab", "explain", "SELECT count(*) FROM tasks", "--scale", "small", "--json")
    assert json.loads(done.stdout)["place"] == "clone"
    lab.clean()


def a_check_is_saved_with_its_grade(lab, folder):
    lab("lab", "start", "missing-index")
    lab.cluster.query("CREATE INDEX a ON tasks (assignee_id)", "lab_missing_index")
    lab.cluster.query("CREATE INDEX b ON tasks (assignee_id, id)", "lab_missing_index")
    done = lab("lab", "check", "--answer", "1,1", "--report", str(folder), expect=None)
    report = json.loads((folder / "missing-index-small-check.json").read_text(encoding="utf-8"))
    check_json(report)
    assert report["kind"] == "check" and report["parts"][1]["points"] == 50, report["parts"]
    assert [side["label"] for side in (report["before"], report["after"])] == ["reference", "yours"]
    assert report["score"] == sum(part["points"] for part in report["parts"])
    assert done.returncode == (0 if report["passed"] else 3)
    for name in ("score", "parts", "losses", "evidence", "after"):
        is_refused(report, lambda r, name=name: r.pop(name))
    is_refused(report, lambda r: r["losses"][0].update(part="Luck"))
    redundant = [loss["reason"] for loss in report["losses"] if "redundant" in loss["reason"]]
    seen = check_html((folder / "missing-index-small-check.html").read_text(encoding="utf-8"))
    markdown = (folder / "missing-index-small-check.md").read_text(encoding="utf-8")
    for what in ("Your database", "The broken reference", "Detect", "only here", *redundant):
        assert what in seen, what
        assert what in " ".join(done.stdout.split()) or what == "only here", what
    assert redundant and "| Trap | 15 | 20 |" in markdown and f"| **Score** | **{report['score']}** |" in markdown
    # Nothing to measure: a grade all the same.
    lab.cluster.query("DROP TABLE tasks CASCADE", "lab_missing_index")
    done = lab("lab", "check", "--json", expect=3)
    report = json.loads(done.stdout)
    check_json(report)
    assert report["score"] == 0 and "before" not in report and report["losses"], report
    lab("lab", "check", "--report", str(folder), expect=3)
    check_html((folder / "missing-index-small-check.html").read_text(encoding="utf-8"))
    lab("lab", "reset", "missing-index")
    lab.clean()


def main():
    made = system.System(seed="small", serve=False)
    try:
        lab = Lab(made)
        schema_refuses()
        for part in (a_run_is_saved_in_four_formats, a_check_is_saved_with_its_grade,
                     two_statements_are_compared):
            with tempfile.TemporaryDirectory() as folder:
                part(lab, pathlib.Path(folder))
        for part in (other_rows_are_told, writes_stay_in_the_clone, the_services_data_are_compared,
                     mistakes_are_named, a_plan_is_explained, indexes_are_imagined, a_labs_database_is_used):
            part(lab)
            print(f"report: {part.__name__.replace('_', ' ')}", flush=True)
    finally:
        made.remove()
    print("report: ok")


if __name__ == "__main__":
    main()
