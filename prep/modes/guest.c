/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --acquire and --release: what a guest asks for, for hooks. */
#include "modes/guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/parse.h"

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

void signals_hold(struct held_signals *ret)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, &ret->mask);
	sigaction(SIGPIPE, &ignore, &ret->pipe);
}

void signals_let(const struct held_signals *held)
{
	sigaction(SIGPIPE, &held->pipe, NULL);
	sigprocmask(SIG_SETMASK, &held->mask, NULL);
}

bool signals_wait(void)
{
	struct sigaction action;
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	/* One that nohup(1) or a shell's "&" has us ignore waits, too, as long as it is held back. */
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		if (sigismember(&pending, ending[i]) && sigaction(ending[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			return true;
	return false;
}

const struct vm_section *find_vm(const struct config *config, const char *name)
{
	const struct vm_section *vm = config_vm(config, name);
	char names[300] = "";
	size_t used = 0;

	for (size_t i = 0; !vm && i < config->vm_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", config->vms[i].name);
	if (!vm && config->vm_count)
		complain("there is no [vm %s] in the config; expected one of: %s", name, names);
	else if (!vm)
		complain("there is no [vm %s] in the config, and no other [vm] (vfio-prep.conf(5))", name);
	return vm;
}

void describe_vm(const struct vm_section *vm, char *text, size_t size)
{
	char amount[FORMAT_SIZE_MAX], list[80];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < vm->pool_count && used < size; i++)
		if (vm->pools[i].pages)
			used += (size_t)snprintf(text + used, size - used, "%s%s of pages", used ? ", " : "",
			                         format_size(vm->pools[i].pages * vm->pools[i].page_size, amount));
	for (size_t i = 0; i < vm->device_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", vm->devices[i]);
	if (vm->has_cpus && used < size) {
		cpus_format(&vm->cpus, list, sizeof(list));
		snprintf(text + used, size - used, "%sCPU%s %s", used ? ", " : "", cpus_count(&vm->cpus) == 1 ? "" : "s", list);
	}
	if (!text[0])
		snprintf(text, size, "nothing is asked for");
}

void visit_tell(struct visit *visit)
{
	struct tenants *guests = &visit->guests;

	for (size_t i = 0; i < guests->note_count; i++)
		complain("%s%s%s", guests->notes[i].guest, guests->notes[i].guest[0] ? ": " : "", guests->notes[i].text);
	guests->note_count = 0;
}

int visit_exit_code(int result)
{
	return result == 0 ? EXIT_GOOD : result == -EPERM ? EXIT_UNMET : EXIT_TROUBLE;
}

static int read_guests(struct visit *visit)
{
	int r;

	effects_live_guest(&visit->session->root, &visit->effects);
	r = tenants_open(&visit->effects, &visit->session->config, &visit->guests);
	if (r < 0)
		complain("/" LEASE_DIRECTORY ": %s", strerror(-r));
	return r < 0 ? EXIT_TROUBLE : EXIT_GOOD;
}

static int settle(struct visit *visit)
{
	int r = tenants_settle(&visit->guests);

	visit_tell(visit);
	if (r == -ENOMEM)
		complain("no memory; nothing is done");
	return r == -ENOMEM ? EXIT_TROUBLE : EXIT_GOOD;
}

int visit_open_only(struct session *session, struct visit *ret)
{
	int r;

	*ret = (struct visit){ .session = session, .lock = -1 };
	r = begin_changes(session, &ret->lock);
	return r == EXIT_GOOD ? read_guests(ret) : r;
}

int visit_open(struct session *session, struct visit *ret)
{
	int r = visit_open_only(session, ret);

	return r == EXIT_GOOD ? settle(ret) : r;
}

int settle_guests(struct session *session)
{
	_cleanup_(visit_done) struct visit visit = { .session = session, .lock = -1 };
	int r = read_guests(&visit);

	return r == EXIT_GOOD ? settle(&visit) : r;
}

void visit_done(struct visit *visit)
{
	tenants_close(&visit->guests);
	if (visit->lock >= 0)
		close(visit->lock);
	visit->lock = -1;
}

static int acquire(const struct options *options, struct session *session)
{
	_cleanup_(visit_done) struct visit visit = { .lock = -1 };
	const struct vm_section *vm = find_vm(&session->config, options->operands[0]);
	struct process holder;
	enum hold hold;
	char text[200];
	int r;

	if (!vm)
		return EXIT_USAGE;
	if (options->holder) {
		r = process_read(&session->root, options->holder, &holder);
		if (r < 0) {
			complain("--holder %llu: %s", (unsigned long long)options->holder, strerror(-r));
			return EXIT_TROUBLE;
		}
	}
	r = visit_open(session, &visit);
	if (r != EXIT_GOOD)
		return r;
	r = tenants_acquire(&visit.guests, vm, options->holder ? &holder : NULL, false, &hold);
	/* Who asked for it does not wait for it any more. */
	if (r == 0 && hold == HOLD_NEW && signals_wait()) {
		tenants_tell(&visit.guests, vm->name, "interrupted: given back");
		r = tenants_release(&visit.guests, vm->name);
		r = r < 0 ? r : -EINTR;
	}
	visit_tell(&visit);
	if (r == 0 && options->verbosity != VERBOSITY_QUIET) {
		describe_vm(vm, text, sizeof(text));
		printf("%s: %s: %s\n", vm->name, hold == HOLD_NEW ? "acquired" : hold == HOLD_SAME ? "held already" :
		       "held already, now by another process", text);
	}
	if (r < 0 && r != -EINTR)
		complain("%s: not acquired", vm->name);
	return visit_exit_code(r);
}

int mode_acquire(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	struct held_signals held;
	int r = session_open(options, true, true, &session);

	if (r != EXIT_GOOD)
		return r;
	if (!find_vm(&session.config, options->operands[0]))
		return EXIT_USAGE;
	/* Who switches it off does without, and so does the domain of libvirt's hook. What is held already may change
	 * hands. */
	if (!session.config.enabled && !lease_exists(&session.root, options->operands[0])) {
		if (options->verbosity != VERBOSITY_QUIET)
			complain("enabled = no in [vfio-prep]: nothing is acquired for %s", options->operands[0]);
		return EXIT_GOOD;
	}
	signals_hold(&held);
	r = acquire(options, &session);
	fflush(stdout);
	signals_let(&held);
	return r;
}

static int release(const struct options *options, struct session *session)
{
	_cleanup_(visit_done) struct visit visit = { .lock = -1 };
	const char *name = options->operand_count ? options->operands[0] : NULL;
	int r = visit_open(session, &visit);

	if (r != EXIT_GOOD)
		return r;
	if (!name) {
		/* visit_open has done it: what is left could not be. */
		r = tenants_settle(&visit.guests);
		visit.guests.note_count = 0;
		return visit_exit_code(r);
	}
	r = tenants_release(&visit.guests, name);
	visit_tell(&visit);
	if ((r == 0 || r == -ENOENT) && options->verbosity != VERBOSITY_QUIET)
		printf("%s: %s\n", name, r == 0 ? "given back" : "nothing is held for it");
	if (r < 0 && r != -ENOENT)
		complain("%s: %s", name,
		         r == -EPERM ? "nothing is given back" : "not all of it is given back: the next call tries again");
	return r == -ENOENT ? EXIT_GOOD : visit_exit_code(r);
}

int mode_release(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	struct held_signals held;
	int r = session_open(options, false, true, &session);

	if (r != EXIT_GOOD)
		return r;
	/* All goes back whatever became of the config: it only says which CPUs the host keeps off in any case. */
	if (session_read_optional_config(options, &session) != EXIT_GOOD || !session.config.bytes ||
	    session.config.unsafe[0]) {
		config_done(&session.config);
		session.config = (struct config){ 0 };
	}
	signals_hold(&held);
	r = release(options, &session);
	fflush(stdout);
	signals_let(&held);
	return r;
}
