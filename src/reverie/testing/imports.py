"""Whether importing a module does anything."""

from __future__ import annotations

import subprocess
import sys

# What a module could do to the machine while it is imported, as Python's audit events name it. What is imported first does such
# things itself, and is not what is watched.
WATCH = """
import sys, torch, pydantic, PIL.Image, safetensors.torch, rich.console, cyclopts, numpy, importlib.metadata, multiprocessing.spawn
import concurrent.futures.process, rich.progress, json, platformdirs, importlib
done = []
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.startswith(("socket.", "subprocess.", "os.mkdir", "os.putenv", "os.system", "shutil.", "signal.")):
        done.append((event, str(arguments)[:200]))
threads, numbers, kind = torch.get_num_threads(), torch.get_rng_state(), torch.get_default_dtype()
sys.addaudithook(watch)
for module in sys.argv[1:]:
    importlib.import_module(module)
seen = list(done)
assert not seen, f"it did {seen}"
assert torch.get_num_threads() == threads, "it set torch's threads"
assert torch.equal(torch.get_rng_state(), numbers), "it drew random numbers or seeded them"
assert torch.get_default_dtype() == kind, "it set torch's default dtype"
assert not torch.cuda.is_initialized(), "it started CUDA"
"""


def check_import(*modules: str) -> None:
    """Importing the modules, in a Python of their own, writes, starts, seeds, sets and prints nothing."""
    done = subprocess.run([sys.executable, "-B", "-c", WATCH, *modules], capture_output=True, text=True)
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        last = said.splitlines()[-1] if said else f"exit code {done.returncode}"
        raise AssertionError(f"Importing {', '.join(modules)} has to do nothing.\n  Seen: {last}.")
