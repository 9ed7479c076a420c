#!/usr/bin/env python3
"""walk_pages.py HOST:PORT PATH PAGES: follows the next links of a list; prints the last page's path."""

import http.client
import json
import sys


def main():
    address, path, pages = sys.argv[1], sys.argv[2], int(sys.argv[3])
    connection = http.client.HTTPConnection(address, timeout=30)
    for page in range(1, pages):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            sys.exit(f"page {page}: {answer.status} {body}")
        if not body["next"]:
            sys.exit(f"the list ends at page {page}")
        path = body["next"]
    print(path)


if __name__ == "__main__":
    main()
