#!/bin/sh
# Right: a script that starts the server, and waits for it.
cd "$(dirname "$0")/../001" || exit
python3 server.py "$@"
