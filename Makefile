# make dream PROMPT="a red fox" [ARGS="--size 400x300"] | make test | make apart | make check | make nightly | make parity | make acceptance | make clean

PROMPT ?= a red apple on a blue background
ARGS ?=
WORKERS ?= 2
# The first Python that Reverie runs on; the pinned versions were tried with 3.11.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
# Tests that paint on whatever device there is.
APART := $(addprefix tests/test_,daydream.py runs.py observers_journey.py cli_settle.py cli_grid.py cli_craft_sight.py motion_zooming.py)
# torch goes first and alone: everything after it finds it there and cannot bring another build.
INSTALL = $(BIN)/python -m pip install -qq -c constraints.txt

# The prompt travels by the environment, raw: no quote, apostrophe or dollar sign in it is read by make or the shell.
unexport PROMPT
export DREAM_TEXT := $(value PROMPT)

.PHONY: dream test apart nightly parity check acceptance clean

dream: .venv/.painting
	@$(BIN)/reverie paint $(ARGS) -- "$$DREAM_TEXT"

test: .venv/.developing
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

# What Reverie does on CUDA and on MPS, where there is neither: on a device of its own that torch tells from the CPU.
apart: .venv/.developing
	PYTHONPATH=tests_apart:tests OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) -p apart tests_apart $(APART)
	REVERIE_APART=mps PYTHONPATH=tests_apart:tests OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) -p apart tests_apart

# What takes too long for every push: fifty kills instead of five, 20,000 damaged files of each kind instead of 500;
# how many were refused is kept in docs/acceptance/fuzz.json.
nightly: .venv/.developing
	REVERIE_KILLS=50 REVERIE_FAULT_STRIDE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) tests/test_cli_resume.py tests/test_faults.py
	REVERIE_MUTATIONS=20000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) -o junit_family=xunit1 --junitxml .nightly.xml \
		tests/test_checkpoints_pickles.py tests/test_checkpoints_yamls.py tests/test_held.py tests/test_weights.py
	$(BIN)/python scripts/acceptance/fuzz.py .nightly.xml && rm .nightly.xml

check: .venv/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_structure.py

acceptance: .venv/.developing
	$(BIN)/python scripts/acceptance
	$(BIN)/python scripts/acceptance/quality.py

# Our networks beside those of other people, which are installed for this alone, on top of .venv; open_clip apart from the
# others, since it needs torchvision, and diffusers breaks beside one that was not built for the torch at hand. REVERIE_VQGAN_CLIP, REVERIE_TAMING,
# REVERIE_BIG_SLEEP and REVERIE_DEEP_DAZE name checkouts of those programs, beside which the presets then run as well.
parity: .parity-venv/.ready .openclip-venv/.ready
	PYTHONPATH=src OMP_NUM_THREADS=1 .parity-venv/bin/python -m pytest -q -W default tests_parity
	PYTHONPATH=src OMP_NUM_THREADS=1 .openclip-venv/bin/python -m pytest -q tests/test_perceptors_openclip.py

.parity-venv/.ready: tests_parity/requirements.txt .venv/.developing
	$(BIN)/python -m venv .parity-venv
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$(echo .parity-venv/lib/python3*/site-packages)/beneath.pth
	.parity-venv/bin/python -m pip install -qq --no-deps -r $<
	@touch $@

.venv/.painting: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Reverie needs Python 3.11, 3.12 or 3.13 on the PATH (or make PYTHON=/path/to/python)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv what painting needs (PyTorch is large: this takes a while, once) ..."
	$(INSTALL) torch
	$(INSTALL) -e .
	@touch $@

.venv/.developing: .venv/.painting
	$(INSTALL) -e '.[dev,train]'
	@touch $@

.openclip-venv/.ready: .venv/.developing
	$(BIN)/python -m venv .openclip-venv
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$(echo .openclip-venv/lib/python3*/site-packages)/beneath.pth
	.openclip-venv/bin/python -m pip install -qq -c constraints.txt --no-deps torchvision open_clip_torch timm ftfy wcwidth
	@touch $@

clean:
	rm -rf .venv .openclip-venv .parity-venv build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests tests_apart tests_parity scripts -name __pycache__ -type d -exec rm -rf {} +
