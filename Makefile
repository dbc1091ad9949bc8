# tlsharden. What there is to make: all check check-linear check-threads check-root check-mail coverage
# bench valgrind fuzz lint format install uninstall dist clean; try is the main job, as a dry run.
#
# SANITIZE=address,undefined or COVERAGE=1 builds in a folder of its own; V=1 shows
# the commands.

PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/man
DESTDIR ?=

PKG_CONFIG ?= pkg-config
INSTALL    ?= install
VERSION    := $(shell sed -n 's/^.define TLSHARDEN_VERSION "\(.*\)"/\1/p' include/version.h)

comma := ,
empty :=
space := $(empty) $(empty)
BUILD := build
ifdef SANITIZE
BUILD := build-$(subst $(comma),-,$(SANITIZE))
endif
ifdef COVERAGE
BUILD := build-coverage
endif

# ---- flags: ours first, the packager's CFLAGS and LDFLAGS last ----

ifdef WERROR
WARNINGS_ARE_ERRORS := -Werror
endif
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef \
	-Wvla $(WARNINGS_ARE_ERRORS)

HARDENING    := -fstack-protector-strong -fstack-clash-protection \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
HARDENING_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
OPTIMIZE     := -O3
ifdef SANITIZE
# The checks of _FORTIFY_SOURCE stand in the way of those of the sanitizers.
HARDENING    := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDENING_LD := -pie -fsanitize=$(SANITIZE)
OPTIMIZE     := -O1
endif
ifdef COVERAGE
HARDENING    := --coverage -fprofile-update=atomic -DCOVERAGE
HARDENING_LD := -pie --coverage
OPTIMIZE     := -O0
endif

PCRE2_CFLAGS := $(shell $(PKG_CONFIG) --cflags libpcre2-8)
PCRE2_LIBS   := $(shell $(PKG_CONFIG) --libs libpcre2-8)
JANSSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags jansson)
JANSSON_LIBS   := $(shell $(PKG_CONFIG) --libs jansson)

BASE_CPPFLAGS := -D_GNU_SOURCE -Iinclude $(PCRE2_CFLAGS) $(JANSSON_CFLAGS)
BASE_CFLAGS   := -std=c11 -g $(OPTIMIZE) -fPIE -fno-plt $(WARNINGS) $(HARDENING)
COMPILE = $(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) -MMD -MP
LINK    = $(CC) $(HARDENING_LD) $(CFLAGS) $(LDFLAGS)

ifndef V
Q   := @
say = @echo '$(1) $@'
endif

# ---- the program ----

SOURCES := $(wildcard src/*.c)
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)
# All but main: what the tests link with.
LIBRARY := $(filter-out $(BUILD)/main.o,$(OBJECTS))

all: $(BUILD)/tlsharden

$(BUILD)/tlsharden: $(OBJECTS)
	$(call say,LD)
	$(Q)$(LINK) $^ $(PCRE2_LIBS) $(JANSSON_LIBS) $(LDLIBS) -o $@

$(BUILD)/%.o: src/%.c | $(BUILD)
	$(call say,CC)
	$(Q)$(COMPILE) -c $< -o $@

$(BUILD) $(BUILD)/tests:
	$(Q)mkdir -p $@

# ---- trying it: the main job as a dry run ----

SAMPLE := tests/fixtures/debian.cf

try: all
	@if test -r /etc/postfix/main.cf; then file=/etc/postfix/main.cf; else file=$(SAMPLE); fi; \
	echo "$(BUILD)/tlsharden --dry-run $$file"; $(BUILD)/tlsharden --dry-run $$file

# ---- tests: one program a module, and helpers that they share ----

CHECK_CFLAGS := $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
CHECK_LIBS   := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
CHECKS       := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/check_*.c))
# Whatever is no test and no fuzz target is a helper.
HELPERS      := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(filter-out \
	tests/check_%.c tests/fuzz_%.c,$(wildcard tests/*.c)))

# Calls that the fault tests let fail: each has its __wrap_ function in tests/check_faults.c.
WRAPPED := $(shell grep -o '__wrap_[a-z0-9_]*' tests/check_faults.c 2>/dev/null | sed 's/__wrap_//' | sort -u)
$(BUILD)/tests/check_faults: LINK += $(WRAPPED:%=-Wl,--wrap=%)

$(BUILD)/tests/%.o: tests/%.c | $(BUILD)/tests
	$(call say,CC)
	$(Q)$(COMPILE) $(CHECK_CFLAGS) -Itests -c $< -o $@

$(BUILD)/tests/check_%: $(BUILD)/tests/check_%.o $(HELPERS) $(LIBRARY)
	$(call say,LD)
	$(Q)$(LINK) $^ $(CHECK_LIBS) $(PCRE2_LIBS) $(JANSSON_LIBS) $(LDLIBS) -o $@

checks: all $(CHECKS)

# Every suite runs, whatever becomes of the others, and as many at a time as there are
# processors; one failure fails the whole. Those that take long come first.
SUITES  := check_laws check_killed check_limits check_faults check_cli
SUITES  := $(SUITES) $(filter-out $(SUITES),$(notdir $(CHECKS)))
RUNS    := run-faults.sh $(SUITES:%=run-%) run-examples.sh
AT_ONCE = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

check: checks
	@$(MAKE) --no-print-directory $(AT_ONCE) -k -Otarget $(RUNS) || \
	{ echo "FAILED: see above" >&2; exit 1; }
	@echo "all suites passed"

run-check_%: checks
	@TLSHARDEN=$(BUILD)/tlsharden $(BUILD)/tests/check_$* || \
	{ echo "FAILED: $(BUILD)/tests/check_$*" >&2; exit 1; }

run-%.sh: checks
	@tests/$*.sh $(BUILD)/tlsharden || { echo "FAILED: tests/$*.sh" >&2; exit 1; }

# Instructions counted by valgrind: nothing in a file makes the program quadratic.
check-linear: all
	tests/linear.sh $(BUILD)/tlsharden

# Races between the threads that read a log.
check-threads:
	$(MAKE) SANITIZE=thread build-thread/tests/check_pipeline
	build-thread/tests/check_pipeline

# What needs root: owners, mount namespaces, attributes of the trusted kind; a Postfix that runs.
check-root: all
	@failed=; for t in tests/root.sh tests/postfix.sh; do \
	$$t $(BUILD)/tlsharden || failed="$$failed $$t"; done; \
	if test -n "$$failed"; then echo "FAILED:$$failed" >&2; exit 1; fi

# Real mail between real servers, in namespaces of their own; needs root, too.
check-mail: all
	tests/mail.sh $(BUILD)/tlsharden

# As root, `log` becomes nobody, who shall be able to note what he covered, where he can get at it.
coverage:
	$(MAKE) COVERAGE=1 checks
	find build-coverage -name '*.gcno' | sed 's/gcno$$/gcda/' | while read -r f; do \
	: >>"$$f" && chmod 666 "$$f"; done
	GCOV_ERROR_FILE=/dev/null $(MAKE) COVERAGE=1 check
	gcovr --root . --object-directory build-coverage --filter 'src/' \
		--fail-under-line 94 --print-summary build-coverage

bench: all
	tests/bench.sh $(BUILD)

# ---- valgrind: the suites that need no process for each test, and the program ----

VALGRIND   := valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,indirect --suppressions=$(CURDIR)/tests/valgrind.supp
# Signals are not to be told from those of the others, or every test starts programs.
VALGRINDED := $(filter-out check_faults check_interrupt check_killed check_laws check_limits \
	check_terminal $(shell grep -l '"cli.h"' tests/check_*.c | sed 's/.*\///; s/\.c//'), \
	$(notdir $(CHECKS)))

valgrind: $(VALGRINDED:check_%=valgrind-%) valgrind-program

valgrind-program: all
	VALGRIND='$(VALGRIND)' tests/valgrind.sh $(BUILD)/tlsharden

valgrind-%: $(BUILD)/tests/check_%
	CK_FORK=no CK_EXCLUDE_TAGS=process $(VALGRIND) $<

# ---- fuzzing: clang's libFuzzer; FUZZ_SECONDS for each target ----

FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz_%.c,%,$(wildcard tests/fuzz_*.c))
FUZZ_FLAGS := -D_GNU_SOURCE -DFUZZING -Iinclude -Itests -std=c11 -g -O1 \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# Memory that is used again soon stays in the cache: twice as many runs in a second.
FUZZ_ENV := ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=4

fuzz: $(FUZZERS:%=fuzz-%)

fuzz-%: build-fuzz/fuzz_%
	mkdir -p build-fuzz/corpus-$*
	$(FUZZ_ENV) $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=4096 -print_final_stats=1 \
		-artifact_prefix=build-fuzz/ build-fuzz/corpus-$* $(wildcard tests/corpus-$*)

# The helpers that know nothing of libcheck.
FUZZ_HELPERS := $(filter-out tests/check_% tests/fuzz_% tests/support.c tests/oracle.c tests/cli.c \
	tests/schema.c tests/story.c, \
	$(wildcard tests/*.c))

build-fuzz/fuzz_%: tests/fuzz_%.c $(FUZZ_HELPERS) $(SOURCES) $(wildcard include/*.h)
	mkdir -p build-fuzz
	clang $(FUZZ_FLAGS) $(PCRE2_CFLAGS) $< $(FUZZ_HELPERS) \
		$(filter-out src/main.c,$(SOURCES)) $(PCRE2_LIBS) $(JANSSON_LIBS) -o $@

# ---- static analysis and form ----

ANALYZED := $(SOURCES) $(wildcard tests/*.c)

SCRIPTS  := .ci/run .ci/setup $(wildcard tests/*.sh)

lint: lint-man lint-format lint-gcc lint-tidy lint-cppcheck lint-shell

lint-man:
	mandoc -T lint -W warning man/tlsharden.8

lint-format:
	clang-format --dry-run -Werror $(ANALYZED) $(wildcard include/*.h tests/*.h)

lint-gcc:
	@for f in $(SOURCES); do echo "gcc -fanalyzer $$f"; \
	gcc $(BASE_CPPFLAGS) $(BASE_CFLAGS) -Werror -fanalyzer -c $$f -o /dev/null || exit 1; done

lint-tidy:
	clang-tidy --quiet --warnings-as-errors='*' $(SOURCES) -- $(BASE_CPPFLAGS) -std=c11

lint-cppcheck:
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -D_GNU_SOURCE -D__linux__ -Iinclude -Itests \
		-D'json_array_foreach(a,i,v)=for (i = 0; (v = json_array_get(a, i)) != NULL; i++)' \
		-D'json_object_foreach(o,k,v)=for (; (k = json_key(o, &v)) != NULL;)' src tests

# Notes on style are matters of taste.
lint-shell:
	shellcheck --severity=warning $(SCRIPTS)

format:
	clang-format -i $(ANALYZED) $(wildcard include/*.h tests/*.h)

# ---- installing ----

install: all
	$(INSTALL) -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 755 $(BUILD)/tlsharden $(DESTDIR)$(SBINDIR)/tlsharden
	$(INSTALL) -m 644 man/tlsharden.8 $(DESTDIR)$(MANDIR)/man8/tlsharden.8

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/tlsharden $(DESTDIR)$(MANDIR)/man8/tlsharden.8

dist:
	git archive --prefix=tlsharden-$(VERSION)/ -o tlsharden-$(VERSION).tar.gz HEAD

clean:
	rm -rf build build-* tlsharden-*.tar.gz

.PHONY: all try checks check check-linear check-threads check-root check-mail coverage bench valgrind \
	valgrind-program fuzz lint lint-man lint-format lint-gcc lint-tidy lint-cppcheck lint-shell format install \
	uninstall dist clean
.SECONDARY:

-include $(wildcard $(BUILD)/*.d $(BUILD)/tests/*.d)
