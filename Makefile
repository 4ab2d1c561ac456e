# Everything a person or a machine does with this repository, by one word each.
#
#   make run        build, start the hub on LISTEN with its data under DATA, publish the sample
#   make test       every test
#   make help       the rest

LISTEN ?= 127.0.0.1:8088
DATA   ?= ./data
PREFIX ?= /usr/local
CONFIGURATION ?= release

# The Swift runtime goes into the program: what is installed needs no toolchain beside it.
BUILD  = swift build -c $(CONFIGURATION) --static-swift-stdlib
# Warnings are errors where developers build. A user with a newer compiler is not stopped by one.
STRICT = -Xswiftc -warnings-as-errors
# After a crash the backtracer can hang for minutes; a test run wants the exit, not the trace.
TEST   = SWIFT_BACKTRACE=enable=no swift test $(STRICT)

.DEFAULT_GOAL := help
.PHONY: help run demo build setup test lint format bench screenshots fuzz tsan asan install service uninstall \
	clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run LISTEN=127.0.0.1:8089 DATA=./data2    another port, another data folder"
	@echo '  make install PREFIX=$$HOME/.local               another place'

run: build ## build, start the hub, publish the sample, stay until Ctrl-C
	@scripts/run "$$($(BUILD) --show-bin-path)/message-center" "$(LISTEN)" "$(DATA)"

demo: build ## show it all: a shop, a hub, three warehouses that end equal to the shop
	@scripts/demo "$$($(BUILD) --show-bin-path)/message-center"

setup: ## install the Debian packages that are missing
	@scripts/setup

build: setup ## build the program
	$(BUILD) --product message-center

test: ## run every test
	@scripts/setup test
	@STRICT="$(STRICT)" scripts/test

lint: ## check the formatting of every Swift file
	swift format lint --strict --recursive Sources Tests Package.swift

format: ## format every Swift file in place
	swift format --in-place --recursive Sources Tests Package.swift

bench: build ## measure: rates and delays of this machine
	@scripts/bench

screenshots: build ## take the pictures of the dashboard anew
	@scripts/setup test
	@scripts/screenshots

fuzz: setup ## throw garbage at the parsers for a while
	@Tests/Fuzz/run

# What has threads, and what reads bytes: the whole suite would take an hour under a sanitizer.
tsan: setup ## run what has threads under the thread sanitizer
	$(TEST) --sanitize=thread --scratch-path .build/tsan \
		--filter 'PlatformTests|SQLiteTests|HubTests|SessionTests|PullWaitTests|LookTests|EventsTests|PublisherTests|SpoolTests'

# Not for leaks: Foundation leaks with each process that a test starts.
asan: setup ## run what reads bytes under the address sanitizer
	ASAN_OPTIONS=detect_leaks=0 $(TEST) --sanitize=address --scratch-path .build/asan \
		--filter 'WireTests|PlatformTests|SQLiteTests|HubTests|PullTests|BatchTests|Archive|ClientTests'

# Root often has no Swift on its PATH: `make build`, then `sudo make install`.
install: ## build, and install the program under PREFIX
	@! command -v swift >/dev/null || $(MAKE) --no-print-directory build
	@test -x .build/$(CONFIGURATION)/message-center || \
		{ echo "make: build it first, as a user who has Swift: make build" >&2; exit 1; }
	install -D -m 755 .build/$(CONFIGURATION)/message-center \
		"$(DESTDIR)$(PREFIX)/bin/message-center"

# The unit says where the program is; nothing is started. With DESTDIR it is for a package.
service: ## install the systemd unit and its user's description
	install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	sed 's|/usr/local/bin/|$(PREFIX)/bin/|' docs/examples/message-center.service \
		> "$(DESTDIR)$(PREFIX)/lib/systemd/system/message-center.service"
	install -D -m 644 docs/examples/message-center.sysusers \
		"$(DESTDIR)$(PREFIX)/lib/sysusers.d/message-center.conf"
	@case "$(PREFIX)" in \
	/usr | /usr/local) ;; \
	*) \
		echo "systemd looks under /usr and /usr/local only, so tell it, as root:"; \
		echo "  systemctl link $(PREFIX)/lib/systemd/system/message-center.service"; \
		echo "  systemd-sysusers $(PREFIX)/lib/sysusers.d/message-center.conf" ;; \
	esac
	@echo "now, as root, the first token before the first start:"
	@echo "  systemd-sysusers && systemctl daemon-reload"
	@echo "  install -d -m 700 -o message-center -g message-center /var/lib/message-center"
	@echo "  sudo -u message-center $(PREFIX)/bin/message-center token create \\"
	@echo "      --role admin --name operator --data /var/lib/message-center"
	@echo "  systemctl enable --now message-center"

uninstall: ## remove the installed program, and the unit
	rm -f "$(DESTDIR)$(PREFIX)/bin/message-center" \
		"$(DESTDIR)$(PREFIX)/lib/systemd/system/message-center.service" \
		"$(DESTDIR)$(PREFIX)/lib/sysusers.d/message-center.conf"

clean: ## remove what was built; the data stays
	rm -rf .build
