#!/usr/bin/python3
"""Checks the dashboards and the provisioning files as Grafana's documentation describes them:
what Grafana would refuse, ignore without a word, or show as an empty or overlapping panel."""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "grafana"
GRID_COLUMNS = 24
PANEL_TYPES = {"heatmap", "row", "stat", "table", "text", "timeseries"}
BUILT_IN_VARIABLES = {"__rate_interval", "__interval", "__range", "__from", "__to"}

# Keys of "Provision Grafana": an unknown one is a misspelling that Grafana would pass over.
DATASOURCE_FILE_KEYS = {"apiVersion", "prune", "deleteDatasources", "datasources"}
DATASOURCE_KEYS = {
    "name", "type", "access", "orgId", "uid", "url", "user", "database", "basicAuth", "basicAuthUser",
    "withCredentials", "isDefault", "jsonData", "secureJsonData", "version", "editable",
}
DATASOURCE_JSON_KEYS = {
    "prometheus": {"httpMethod", "prometheusType", "prometheusVersion", "timeInterval", "queryTimeout", "manageAlerts"},
    "alertmanager": {"implementation", "handleGrafanaManagedAlerts"},
    "grafana-postgresql-datasource": {
        "connMaxLifetime", "database", "maxIdleConns", "maxIdleConnsAuto", "maxOpenConns", "postgresVersion",
        "sslmode", "timescaledb",
    },
}
PROVIDER_KEYS = {
    "name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds", "allowUiUpdates",
    "options",
}

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def check_keys(where, mapping, known):
    for key in sorted(set(mapping) - known):
        problem(where, f"unknown key {key}")


def check_datasource(where, source):
    where = f"{where}: {source.get('name')}"
    check_keys(where, source, DATASOURCE_KEYS)
    for key in ("name", "type", "access", "uid", "url"):
        if not source.get(key):
            problem(where, f"no {key}")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", source.get("uid", "")):
        problem(where, "uid is not 1 to 40 letters, digits, - and _")
    if source.get("access") != "proxy":
        problem(where, "access is not proxy")
    known = DATASOURCE_JSON_KEYS.get(source.get("type"))
    if known is None:
        problem(where, f"unknown type {source.get('type')}")
    else:
        check_keys(f"{where}: jsonData", source.get("jsonData", {}), known)


def check_datasources():
    """Returns {uid: type}."""
    uids = {}
    defaults = 0
    for path in sorted((GRAFANA / "provisioning/datasources").glob("*.yml")):
        where = path.relative_to(ROOT)
        content = yaml.safe_load(path.read_text())
        check_keys(where, content, DATASOURCE_FILE_KEYS)
        if content.get("apiVersion") != 1:
            problem(where, "apiVersion is not 1")
        for source in content["datasources"]:
            check_datasource(where, source)
            if source.get("uid") in uids:
                problem(where, f"two data sources have the uid {source['uid']}")
            uids[source.get("uid")] = source.get("type")
            defaults += bool(source.get("isDefault"))
    if defaults != 1:
        problem("provisioning/datasources", f"{defaults} data sources are the default")
    return uids


def check_providers():
    for path in sorted((GRAFANA / "provisioning/dashboards").glob("*.yml")):
        where = path.relative_to(ROOT)
        content = yaml.safe_load(path.read_text())
        check_keys(where, content, {"apiVersion", "providers"})
        for provider in content["providers"]:
            check_keys(where, provider, PROVIDER_KEYS)
            if provider.get("type") != "file" or not provider.get("options", {}).get("path"):
                problem(where, f"{provider.get('name')} is not of type file with options.path")


def check_environment():
    """Every $VARIABLE of the provisioning files is set by compose.yaml and by ./sandbox."""
    used = set()
    for path in (GRAFANA / "provisioning").rglob("*.yml"):
        used |= set(re.findall(r"\$\{?([A-Z_][A-Z0-9_]*)", path.read_text()))
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    composed = set(compose["services"]["grafana"]["environment"])
    sandbox = "".join(path.read_text() for path in sorted((ROOT / "tools/sandbox").glob("*.sh")))
    for name in sorted(used):
        if name not in composed:
            problem("compose.yaml", f"grafana's environment lacks {name}")
        if not re.search(rf"\b{name}=", sandbox):
            problem("tools/sandbox", f"{name} is set nowhere")


def check_layout(where, panels):
    taken = {}
    for panel in panels:
        grid = panel["gridPos"]
        if grid["x"] < 0 or grid["x"] + grid["w"] > GRID_COLUMNS or grid["w"] < 1 or grid["h"] < 1:
            problem(where, f"{panel['title']} is outside the grid: {grid}")
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                other = taken.setdefault((x, y), panel)
                if other is not panel:
                    problem(where, f"{panel['title']} overlaps {other['title']}")
                    return


def check_target(where, target, sources, variables):
    uid = target.get("datasource", {}).get("uid")
    if uid not in sources:
        problem(where, f"data source {uid} is not provisioned")
    elif target["datasource"].get("type") != sources[uid]:
        problem(where, f"data source {uid} is of type {sources[uid]}")
    query = target.get("expr") or target.get("rawSql") or ""
    if not query.strip():
        problem(where, "an empty query")
    for name in re.findall(r"\$\{?(\w+)", query):
        if name not in variables | BUILT_IN_VARIABLES:
            problem(where, f"unknown variable ${name}")


def check_panel(where, panel, sources, variables):
    where = f"{where}: {panel.get('title') or panel.get('id')}"
    if panel.get("type") not in PANEL_TYPES:
        problem(where, f"unknown type {panel.get('type')}")
    if not panel.get("title"):
        problem(where, "no title")
    if panel["type"] == "row":
        return
    if not panel.get("description"):
        problem(where, "no description")
    if panel["type"] == "text":
        return
    targets = panel.get("targets", [])
    if not targets:
        problem(where, "no query")
    if len({target.get("refId") for target in targets}) != len(targets):
        problem(where, "two queries have the same refId")
    for target in targets:
        check_target(where, target, sources, variables)
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit")
    if panel["type"] == "heatmap":
        unit = panel["options"]["yAxis"].get("unit")
    if panel["type"] != "table" and not unit:
        problem(where, "no unit")


def check_dashboard(path, sources):
    where = path.relative_to(ROOT)
    model = json.loads(path.read_text())
    for key in ("uid", "title", "description", "tags", "time", "refresh", "schemaVersion"):
        if not model.get(key):
            problem(where, f"no {key}")
    variables = {variable["name"] for variable in model.get("templating", {}).get("list", [])}
    for variable in model.get("templating", {}).get("list", []):
        if variable.get("type") == "query" and variable.get("datasource", {}).get("uid") not in sources:
            problem(where, f"variable {variable['name']} has no provisioned data source")
    panels = model["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        problem(where, "two panels have the same id")
    for panel in panels:
        check_panel(where, panel, sources, variables)
    check_layout(where, panels)
    if not any(link.get("type") == "dashboards" and set(link["tags"]) <= set(model["tags"]) for link in model["links"]):
        problem(where, "no link to its neighbours")
    return model["uid"]


def main():
    sources = check_datasources()
    check_providers()
    check_environment()
    dashboards = sorted((GRAFANA / "dashboards").glob("*.json"))
    uids = [check_dashboard(path, sources) for path in dashboards]
    if len(set(uids)) != len(uids):
        problem("grafana/dashboards", "two dashboards have the same uid")
    for line in problems:
        print(line, file=sys.stderr)
    print(f"{len(dashboards)} dashboards and {len(sources)} data sources checked, {len(problems)} problems")
    return 1 if problems or not dashboards else 0


if __name__ == "__main__":
    sys.exit(main())
