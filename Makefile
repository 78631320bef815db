# The short door.  meson.build knows how things are built; this only calls it.
#
#   make            build/swarm
#   make demo       three real engines and the main job before your eyes
#   make check      every test
#   make check-long the same, where what is done many times is done more often
#   make matrix     every kind of engine with every kind of client; writes docs/compatibility.md
#   make chaos      engines, managers and a store that fail in random order, RUNS=200 SEED= STORE=etcd; as root
#   make stress     attacks on a manager of scripted engines, and how a bystander fares; as root
#   make install    PREFIX=/usr/local, DESTDIR=
#   make fuzz       long fuzzing, FUZZ_SECONDS for each target
#   make lint       format, floors, clang-tidy and cppcheck
#   make image      swarm-image.tar, for docker import; IMAGE=name imports it
#   make deb        build-deb/docker-swarm_*.deb, for this release of Debian; ARCH=arm64|armhf
#   make cross      build for another processor and run its unit tests under emulation; ARCH=arm64|armhf
#   make asan       build-check/swarm, with the address and undefined behaviour sanitizers

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
MESON ?= meson

.PHONY: all demo check check-long matrix chaos stress install clean fuzz asan lint image deb cross

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@command -v $(MESON) >/dev/null || { echo "meson is missing: run tools/setup build"; exit 1; }
	$(MESON) setup build --buildtype=debugoptimized --prefix='$(PREFIX)'
	@echo '$(PREFIX)' >build/prefix

demo:
	@tools/demo

check:
	@tools/check

check-long:
	@tools/check --long

matrix:
	@tools/check --matrix

RUNS ?= 200
STORE ?= etcd
chaos: all
	@tools/setup check
	@tools/chaos --runs $(RUNS) --store $(STORE) $(if $(SEED),--seed $(SEED))

stress: all
	@tools/stress

# DESTDIR is passed on through the environment.  Somebody else's build is not touched without need.
bindir = $(DESTDIR)$(PREFIX)/bin
install: all
	@mkdir -p '$(bindir)' && [ -w '$(bindir)' ] || { echo "$(bindir) cannot be written: install as root, or" \
		"into a PREFIX or DESTDIR of your own"; exit 1; }
	@grep -qxF '$(PREFIX)' build/prefix 2>/dev/null || \
		{ $(MESON) configure build -Dprefix='$(PREFIX)' && echo '$(PREFIX)' >build/prefix; }
	$(MESON) install -C build
	@rm -f build/meson-logs/install-log.txt # root's would be in the way of the next user

image: all
	@tools/image $(if $(IMAGE),--import $(IMAGE))

deb:
	@tools/deb $(ARCH)

cross:
	@tools/cross $(or $(ARCH),arm64)

asan:
	@tools/check --build-only

lint:
	@tools/setup lint
	@tools/lint

fuzz:
	@tools/fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build build-check build-cross build-fuzz build-lint build-deb
