#!/usr/bin/env python3
"""layers.py: holds the direction of includes between rooms, and outside libraries to their rooms.

The table is ROOMS: each room and the rooms below it that it may include. It must agree with what
src/<room>/CMakeLists.txt links.
"""
import pathlib
import re
import sys

ROOMS = {
    "base": [],
    "metrics": ["base"],
    "config": ["base"],
    "db": ["metrics", "base"],
    "http": ["metrics", "base"],
    "domain": ["db", "base"],
    "seed": ["db", "base"],
    "lab": ["seed", "domain", "db", "metrics", "base"],
    "load": ["base"],
    "api": ["lab", "domain", "http", "db", "metrics", "base"],
    "cmd": ["api", "lab", "load", "seed", "http", "domain", "db", "config", "metrics", "base"],
}

LIBRARIES = {  # header prefix: rooms that may see it
    "civetweb": ["http"],
    "libpq": ["db"],
    "postgres_ext": ["db"],
    "curl/": ["load", "cmd"],
    "yaml": ["lab"],
    "jansson": ["api", "lab", "cmd"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def room_of(path):
    parts = path.parts
    if parts[0] == "include":
        return parts[2]
    return parts[1] if len(parts) > 2 else None  # src/main.c belongs to none


def breaches(root):
    for path in sorted([*root.glob("src/**/*.[ch]"), *root.glob("include/**/*.h")]):
        relative = path.relative_to(root)
        room = room_of(relative)
        if room is None:
            continue
        if room not in ROOMS:
            yield f"{relative}: room \"{room}\" is not in tools/layers.py"
            continue
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if name.startswith("tasklab/"):
                other = name.split("/")[1]
                if other != room and other not in ROOMS[room]:
                    yield f"{relative}: {room} may not include {other} ({name})"
            for prefix, rooms in LIBRARIES.items():
                if name.startswith(prefix) and room not in rooms:
                    yield f"{relative}: {name} belongs to {', '.join(rooms)}, not to {room}"
    for room, below in ROOMS.items():
        text = (root / "src" / room / "CMakeLists.txt").read_text(encoding="utf-8")
        linked = re.search(r"ROOMS([^)]*?)(LIBRARIES|\))", text, re.S)
        names = [word for word in (linked.group(1).split() if linked else []) if word in ROOMS]
        for name in names:
            if name not in below:
                yield f"src/{room}/CMakeLists.txt: {room} may not link {name}"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(breaches(root))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
