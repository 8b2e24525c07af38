/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps the kernel's own work off isolated CPUs, and those CPUs awake: interrupts, unbound workers, governors,
 * idle states, as [cpus] says. Pure.
 */
#ifndef VFIO_PREP_PLAN_TUNING_H
#define VFIO_PREP_PLAN_TUNING_H

#include "plan/guards.h"
#include "plan/isolate.h"
#include "plan/undo.h"

/*
 * Adds the steps to what is not as the config wants it. Early boot has steps of the default of interrupts and of the
 * workers; existing interrupts and how CPUs save power are of VIEW_NOW alone, with a host read with HOST_TUNING. In
 * VIEW_NEXT_BOOT they start from what the kernel command line of this boot makes of the masks. What is unknown gives
 * no step. 0 or -ENOMEM.
 */
int tuning_add_steps(const struct isolation *isolation, const struct config *config, const struct host *host,
                     enum view view, struct steps *steps);

/* Only the steps of how the guest's CPUs save power: governor, energy preference, idle states. */
int tuning_add_power(const struct isolation *isolation, const struct config *config, const struct host *host,
                     struct steps *steps);

/* What the config asks of its isolated CPUs that the kernel does not drive on any of them. */
enum tuning_lack { LACK_FREQUENCY = 1 << 0, LACK_IDLE = 1 << 1 };
unsigned int tuning_lacks(const struct isolation *isolation, const struct config *config, const struct host *host);

/* True where the interrupt is raised on one of these CPUs and stays there: one that was moved goes with its next
 * one. */
bool irq_is_on(const struct irq *irq, const struct cpus *cpus);

/* The energy preference that goes with the configured governor; NULL where none does. */
const char *preference_wanted(const struct config *config);

/* The guest's CPUs whose governor, or energy preference, is known and not as wanted. */
void governor_strays(const struct isolation *isolation, const struct config *config, const struct host *host,
                     struct cpus *ret);
void preference_strays(const struct isolation *isolation, const struct config *config, const struct host *host,
                       struct cpus *ret);

/* True where the state takes longer to leave than the config allows. The first one always stays. */
bool idle_state_is_slow(const struct config *config, const struct cpu_power *power, size_t state);

/* A step of tuning that the record tells of. */
struct tuned {
	enum step_kind kind;
	const char *target, *value, *before;
	bool undo; /* a way back, that was gone to its end */
	bool open; /* it did not come to its end: some of its members may still be as they were before */
};

/*
 * Adds the steps that give back what the steps of tuned (in their order) changed, where it is still as they left it.
 * host is read with HOST_TUNING. 0 or -ENOMEM.
 */
int undo_tuning(const struct tuned *tuned, size_t count, const struct host *host, struct undo *undo);

#endif
