"""Stands in for curl where README.md's examples are run: their options alone, and every answer kept.

Any other option is refused, as is an answer that is no success; `CURL_ANSWERS` names the file of answers.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    """Send one request, print and keep its answer; curl's exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", dest="method", default="GET")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("--data-binary", dest="file")
    given = parser.parse_args()
    body = Path(given.file.removeprefix("@")).read_bytes() if given.file else (given.data or "").encode()
    headers = dict(header.split(": ", 1) for header in given.headers)
    request = urllib.request.Request(given.url, body or None, headers, method=given.method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, content = answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        status, content = refused.code, refused.read().decode()
    print(content)  # noqa: T201 - as curl does
    kept = {"request": f"{given.method} {given.url}", "status": status, "content": content}
    with Path(os.environ["CURL_ANSWERS"]).open("a") as answers:
        answers.write(json.dumps(kept) + "\n")
    return 0 if 200 <= status < 300 else 22


if __name__ == "__main__":
    sys.exit(main())
