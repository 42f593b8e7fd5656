"""How a receiver checks that a delivery comes from here, after the Standard Webhooks convention: whole programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

#: A server of Python's own, with the library standardwebhooks of PyPI.
PYTHON: Final = '''\
"""Receives webhooks: pip install standardwebhooks, then

WEBHOOK_SECRET=whsec_… python receiver.py 8000
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.answer(401)  # not from there, or changed on the way, or too old
            return
        # With each attempt event["id"] is the same: leave out what you have had.
        print(event["type"], event["data"], flush=True)
        self.answer(204)  # within 15 seconds; do what takes longer afterwards

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
'''

#: The same for Node, with the package standardwebhooks of npm.
NODE: Final = """\
// Receives webhooks: npm install standardwebhooks, then
//
// WEBHOOK_SECRET=whsec_… node receiver.mjs 8000

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  let event;
  try {
    event = webhook.verify(Buffer.concat(parts).toString("utf8"), request.headers);
  } catch {
    response.writeHead(401).end(); // not from there, or changed on the way, or too old
    return;
  }
  // With each attempt event.id is the same: leave out what you have had.
  console.log(event.type, event.data);
  response.writeHead(204).end(); // within 15 seconds; do what takes longer afterwards
}).listen(Number(process.argv[2]), "127.0.0.1");
"""

#: One delivery by hand, with nothing but a shell and openssl.
SHELL: Final = """\
#!/bin/sh
# Checks one delivery: its body as a file, byte for byte as it came, and its three headers.
#
# WEBHOOK_SECRET=whsec_… WEBHOOK_ID=… WEBHOOK_TIMESTAMP=… WEBHOOK_SIGNATURE=… sh verify.sh body.json
set -eu

case "$WEBHOOK_TIMESTAMP" in
  '' | *[!0-9]*) echo "The timestamp is none." >&2; exit 1 ;;
esac
age=$(($(date +%s) - WEBHOOK_TIMESTAMP))
if [ "${age#-}" -gt 300 ]; then
  echo "It is older than five minutes: somebody may be sending it again." >&2
  exit 1
fi

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
expected=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat "$1"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

# While a secret is replaced there are two signatures, one by each.
for signature in $WEBHOOK_SIGNATURE; do
  if [ "$signature" = "v1,$expected" ]; then
    echo "It is from AI Orchestrator, and unchanged."
    exit 0
  fi
done
echo "None of its signatures is by this secret." >&2
exit 1
"""

#: A delivery of one's own making, to see whether a receiver takes it, with nothing but a shell, openssl and curl.
CURL: Final = """\
#!/bin/sh
# Sends a signed test delivery to a receiver and prints what that answers:
# the programs for Python and Node say 204, and 401 where the secret is another one.
#
# WEBHOOK_SECRET=whsec_… sh send.sh http://127.0.0.1:8000
set -eu

id="test-$(date +%s)"
timestamp=$(date +%s)
body='{"type": "webhook.test", "data": {}}'

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
signature=$(printf '%s.%s.%s' "$id" "$timestamp" "$body" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

curl --silent --show-error --output /dev/null --write-out '%{http_code}\\n' \\
  --header 'content-type: application/json' \\
  --header "webhook-id: $id" \\
  --header "webhook-timestamp: $timestamp" \\
  --header "webhook-signature: v1,$signature" \\
  --data-binary "$body" "$1"
"""


@dataclass(frozen=True, slots=True)
class _Program:
    text: str
    language: str
    file: str


_PROGRAMS: Final[Mapping[str, _Program]] = {
    "Python": _Program(PYTHON, "python", "receiver.py"),
    "Node": _Program(NODE, "javascript", "receiver.mjs"),
    "Shell": _Program(SHELL, "bash", "verify.sh"),
    "curl": _Program(CURL, "bash", "send.sh"),
}


def show_verification() -> None:
    """Draw what is signed, a whole program for each of three languages, and one that tries them. No secret is in it."""
    st.markdown(
        ":gray[Each delivery is a POST of JSON with the headers `webhook-id`, `webhook-timestamp` and "
        "`webhook-signature`, as the [Standard Webhooks](https://www.standardwebhooks.com) convention has them. Check "
        "the signature over the body as it came, before it is read as JSON, and answer with 2xx within 15 seconds.]"
    )
    for tab, (_, program) in zip(st.tabs([*_PROGRAMS]), _PROGRAMS.items(), strict=True):
        with tab:
            st.code(program.text, language=program.language, wrap_lines=True)
            st.markdown(f":gray[:small[Keep it as `{program.file}`; the secret is read from WEBHOOK\\_SECRET.]]")


@st.dialog("How to verify a delivery", width="medium", on_dismiss="rerun")
def show_how_to_verify() -> None:
    """The same by itself. Call it in the run in which its button was pressed."""
    show_verification()
