"""verify.py: every shipped lab proves itself sound at the small scale: `tasklab lab verify --all`."""

import json
import sys
import time

from common import Sandbox


def main():
    sandbox = Sandbox()
    scale = sys.argv[1] if len(sys.argv) > 1 else "small"
    chosen = sys.argv[2:]
    try:
        begun = time.monotonic()
        labs, bad = [], []
        for slug in chosen or ["--all"]:
            status, out, complaint = sandbox.call("lab", "verify", slug, "--scale", scale, "--json")
            if status not in (0, 3):
                print(complaint)
                bad.append(f"{slug}: exit status {status}")
            labs += json.loads(out) if out else []
        for lab in labs:
            claims = [f"{claim['claim']}: {claim['reason']}" for claim in lab["claims"] if not claim["holds"]]
            if lab["skipped"]:
                print(f"{lab['lab']}: skipped: {lab['skipped']}")
            elif lab["sound"]:
                print(f"{lab['lab']}: sound, {lab['ns'] / 1e9:.1f} s")
            else:
                bad += [f"{lab['lab']}: {claim}" for claim in claims]
        skipped = sum(1 for lab in labs if lab["skipped"])
        print(f"number: {len(labs)} labs proved at the {scale} scale in {time.monotonic() - begun:.0f} s, "
              f"{skipped} of them skipped, longest {max((lab['ns'] for lab in labs), default=0) / 1e9:.0f} s")
        left = sandbox.left_behind()
        bad += [f"left behind: {one}" for one in left]
        if len(labs) == 0:
            bad.append("no lab was proved")
        print("\n".join(bad) or "tests passed")
        return 1 if bad else 0
    finally:
        sandbox.remove()


if __name__ == "__main__":
    sys.exit(main())
