#!/usr/bin/env python3
"""report.py: the reports of real runs: JSON against its schema, HTML by parsers, Markdown, text.

usage: report.py PROGRAM
"""

import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
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

    def __init__(self, program, cluster):
        self.program, self.cluster = program, cluster
        self.environment = {**os.environ, "TASKLAB_DATABASE_URL": cluster.url,
                            "TASKLAB_SANDBOX": "on", "NO_COLOR": ""}
        self.environment.pop("TASKLAB_LABS_DIR", None)

    def __call__(self, *words, expect=0):
        done = subprocess.run([self.program, *words], env=self.environment, check=False,
                              capture_output=True, text=True, timeout=280)
        said = done.stdout + done.stderr
        assert "Sanitizer" not in said and "runtime error" not in said, said
        assert done.returncode == expect, f"{words}: exit {done.returncode}, not {expect}: {said}"
        return done

    def clean(self):
        left = self.cluster.query("SELECT string_agg(datname, ' ') FROM pg_database"
                                  " WHERE datname LIKE 'lab\\_%'", "postgres")
        assert left == "", f"left behind: {left}"


def schema_refuses():
    """The schema is a sound one, and not one that lets everything pass."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({})


def mutations_are_refused(report):
    checker = jsonschema.Draft202012Validator(SCHEMA)

    def broken(change):
        copy = json.loads(json.dumps(report))
        change(copy)
        assert not checker.is_valid(copy), change

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


def main():
    cluster = system.Cluster()
    try:
        lab = Lab(sys.argv[1], cluster)
        lab("migrate", "up")
        schema_refuses()
        with tempfile.TemporaryDirectory() as folder:
            a_run_is_saved_in_four_formats(lab, pathlib.Path(folder))
    finally:
        cluster.remove()
    print("report: ok")


if __name__ == "__main__":
    main()
