/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modes/survey.h"

#include <errno.h>
#include <stdlib.h>

#include "host/unified.h"
#include "report/loader_command.h"

/* What early boot left behind. */
static int read_early(const struct root *root, struct survey *survey)
{
	struct check_input *input = &survey->input;

	input->record_error = record_read(root, &survey->record);
	input->record = input->record_error ? NULL : &survey->record;
	if (root_read_all(root, RECORD_CONFIG_PATH, CONFIG_SIZE_MAX, &survey->early_config, &input->early_config_size) == 0)
		input->early_config = survey->early_config;
	return input->record_error == -ENOMEM ? -ENOMEM : 0;
}

/* What modprobe.d and other tools say, and the boot loader that carries the advice out. */
static int read_surroundings(struct session *session, struct survey *survey)
{
	struct check_input *input = &survey->input;
	const struct root *root = &session->root;
	int r;

	input->modprobe_error = modprobe_read(root, &survey->modprobe);
	input->modprobe = input->modprobe_error ? NULL : &survey->modprobe;
	if (input->modprobe_error == -ENOMEM)
		return -ENOMEM;
	r = surroundings_read(root, &session->config, &session->host, &survey->surroundings);
	if (r == 0)
		r = loader_read(root, &survey->loader);
	if (r < 0)
		return r;
	input->rebuild = unified_rebuild(root, &input->in_unified);
	input->loader_command = survey->loader_command =
		loader_command(&survey->loader, &survey->advice, &session->host.cmdline);
	return survey->loader_command ? 0 : -ENOMEM;
}

/* What the leases are, and the guests whose devices and pages are wanted now. */
static int look_at_leases(const struct session *session, struct survey *survey)
{
	const struct leases *leases = &session->leases;

	survey->leases = calloc(leases->count + 1, sizeof(*survey->leases));
	survey->running = calloc(leases->count + 1, sizeof(const struct vm_section *));
	if (!survey->leases || !survey->running)
		return -ENOMEM;
	survey->of = (struct goals_of){ .boot = true, .guests = survey->running };
	for (size_t i = 0; i < leases->count; i++) {
		const struct lease *lease = leases->items[i];
		const struct vm_section *vm = config_vm(&session->config, lease->guest);

		survey->leases[i].lease = lease;
		survey->leases[i].live = lease_is_live(&session->root, lease);
		lease_holder(&session->root, lease, survey->leases[i].holder);
		if (vm && survey->leases[i].live == ANSWER_YES)
			survey->running[survey->of.guest_count++] = vm;
	}
	survey->input.leases = survey->leases;
	survey->input.lease_count = leases->count;
	return 0;
}

int survey_read(struct session *session, struct survey *ret)
{
	const unsigned int scope = HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE;
	const struct config *config = &session->config;
	struct host *host = &session->host;
	int r;

	*ret = (struct survey){ 0 };
	ret->input = (struct check_input){
		.config = config,
		.config_file = session->config_file,
		.host = host,
		.of = &ret->of,
		.goals = &ret->plan.goals,
		.pages = &ret->plan.pages,
		.isolation = &ret->plan.isolation,
		.advice = &ret->advice,
		.guests = &ret->guests,
		.surroundings = &ret->surroundings,
	};
	r = host_read(&session->root, config, scope, host);
	if (r == 0)
		r = session_read_leases(session) == EXIT_GOOD ? look_at_leases(session, ret) : -ENOMEM;
	if (r == 0)
		r = guests_read(&session->root, host, &ret->guests);
	if (r == 0)
		r = plan_build_of(&ret->of, config, host, VIEW_NOW, &ret->plan);
	if (r == 0)
		r = goals_add_resting(&ret->of, config, host, VIEW_NOW, &ret->plan.goals);
	if (r == 0)
		r = advice_build_all(config, host, &ret->plan.isolation, &ret->plan.pages, &ret->advice);
	if (r == 0)
		r = report_read_health(&session->root, &ret->input, host);
	if (r == 0)
		r = read_surroundings(session, ret);
	return r == 0 ? read_early(&session->root, ret) : r;
}

void survey_done(struct survey *survey)
{
	if (!survey)
		return;
	free(survey->leases);
	free(survey->running);
	free(survey->early_config);
	free(survey->loader_command);
	record_done(&survey->record);
	loader_done(&survey->loader);
	modprobe_done(&survey->modprobe);
	surroundings_done(&survey->surroundings);
	guests_done(&survey->guests);
	advice_done(&survey->advice);
	plan_done(&survey->plan);
	*survey = (struct survey){ 0 };
}
