/* An interrupted command leaves no half-written file. */
#ifndef LODE_CLI_INTERRUPT_H
#define LODE_CLI_INTERRUPT_H

/* From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE first unlink the registered file and then
 * end the process as if they had not been caught, so that a shell sees 130, 143, 129 or 141
 * and stops its own loop. Signals that the parent had ignored stay ignored. */
void cli_interrupt_setup(void);

/* Register `path` (copied by reference: it must stay until the next call); NULL: none. One
 * file at a time. Register before creating the file and forget after renaming it. */
void cli_interrupt_guard(const char *path);

/* From now on the first of these signals is only noted, for work that ends well by itself; a second
 * one ends the process. */
void cli_interrupt_defer(void);
/* The signal that was noted; 0: none. */
int cli_interrupt_noted(void);
/* End the process by the signal that was noted. Returns if there was none. */
void cli_interrupt_end(void);

#endif
