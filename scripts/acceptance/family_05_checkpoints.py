"""5. Checkpoints: other people's files, read without executing anything in them"""

from __future__ import annotations

from page import ROOT, Page, execute


def show(page: Page) -> None:
    page.say("A pickle that would run a command, an error page saved as a checkpoint, one that is cut short:")
    page.quietly("python3 -c \"import pickle,os; open('evil.ckpt','wb').write(b'cposix\\nsystem\\n(S\\'touch canary\\'\\ntR.')\"")
    page.run("reverie 'a fox' --generator ./evil.ckpt; ls canary", code=2)
    page.quietly("printf '<!DOCTYPE html><html><body>404</body></html>' > page.ckpt")
    page.run("reverie 'a fox' --generator ./page.ckpt", code=2)
    page.quietly("head -c 3000 /dev/urandom > noise.pth")
    page.run("reverie 'a fox' --generator ./noise.pth", code=2)
    page.tests("tests/test_checkpoints_read.py", "tests/test_checkpoints_pickles.py", "tests/test_checkpoints_convert.py")
    python = ROOT / ".parity-venv" / "bin" / "python"
    if python.exists():
        result = execute(
            f"PYTHONPATH=src {python} -m pytest -q -W default tests_parity/test_biggan.py tests_parity/test_vqgan.py", ROOT, 900
        )
        closing = page.plain(result.out).strip().splitlines()[-1]
        page.check(f"BigGAN beside pytorch-pretrained-biggan (1e-5), VQGAN beside diffusers (1e-4): {closing}", result.code == 0)
