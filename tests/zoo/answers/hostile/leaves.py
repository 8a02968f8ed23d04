"""It starts a process that outlives it, far away from its own session, and ends."""
import subprocess

subprocess.Popen(["sleep", "3600"], start_new_session=True)
print("connected")
