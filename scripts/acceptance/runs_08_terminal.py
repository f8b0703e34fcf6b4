"""8. Terminal: a small live preview, time left, and a last line that says where everything is."""

from __future__ import annotations

from page import Page

TERMINAL = """
import fcntl, os, pty, struct, subprocess, sys, termios
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
here = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
run = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=here)
os.close(slave)
seen = b""
try:
    while data := os.read(master, 65536):
        seen += data
except OSError:
    pass  # Linux says so when the other end is closed
text = seen.decode()
print("half blocks:", text.count("\\u2584") > 1000, "| time left:", " left" in text, "| judge:", "judge 0." in text)
print(run.stdout.read().decode().strip())
"""


def show(page: Page) -> None:
    (page.folder / "terminal.py").write_text(TERMINAL, encoding="utf-8")
    page.say("In a terminal of 100 by 40 with colours (a pseudo-terminal), what is painted is shown by half blocks, above the bar:")
    page.run(
        "python terminal.py reverie 'an owl' --batch 2 --out owls", says=["half blocks: True | time left: True | judge: True", "an-owl"]
    )
    page.say("In a pipe or a log there are plain lines, and the path comes last:")
    page.run("reverie 'an owl' --steps 10 --out owl.png 2>&1 | tail -2", says=["step 10/10", "owl.png"])
    page.tests("tests/test_observers.py")
