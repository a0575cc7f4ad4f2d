"""Records what the reference server of optimade-python-tools answers, for the tests to replay.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    OPTIMADE_CONFIG_FILE=server.json venv/bin/uvicorn optimade.server.main:app --host 127.0.0.1 --port 5001 &
    venv/bin/python record.py http://127.0.0.1:5001 > recorded.json

The address of the server is written as {base}. With S2S_OPTIMADE_SERVER=http://127.0.0.1:5001 the same tests ask the
server itself.
"""

import json
import sys
import urllib.error
import urllib.request
from urllib.parse import quote

FIELDS = (
    "lattice_vectors,cartesian_site_positions,species_at_sites,species,dimension_types,nsites,"
    "structure_features,last_modified,_exmpl_chemsys"
)


def first(limit, filter=None):
    chosen = f"filter={quote(filter, safe='-._~')}&" if filter else ""
    fields = quote(FIELDS, safe="-._~")
    return f"/v1/structures?{chosen}page_limit={limit}&response_fields={fields}&response_format=json"


def main(base):
    waiting = [first(5), first(100, 'elements HAS ALL "Ac","Ag"'), first(100, "nonsense HAS")]
    answers = []
    while waiting:
        path = waiting.pop(0)
        try:
            with urllib.request.urlopen(base + path) as response:
                status, body = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read().decode()
        link = (json.loads(body).get("links") or {}).get("next")
        if link:
            waiting.append(link["href"] if isinstance(link, dict) else link)
            waiting[-1] = waiting[-1].removeprefix(base)
        answers.append({"path": path, "status": status, "body": body.replace(base, "{base}")})
    json.dump(answers, sys.stdout, indent=1)
    sys.stdout.write("\n")


main(sys.argv[1].rstrip("/"))
