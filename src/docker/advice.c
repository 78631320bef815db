/* docker/advice.c - words that errors have in common, and what helps. */
#include "docker/advice.h"

#include <string.h>

#include "base/util.h"

/* By what calls and connections say when they fail. */
static const struct {
	const char *says, *advice;
} causes[] = {
	{ "certificate", "Compare the certificates of the engine and of this manager: who signed "
			 "them, the names in them, until when they hold." },
	{ "TLS", "See whether both ends speak TLS: --tlsverify here, tlsverify of dockerd there." },
	{ "duplicated", "Two engines have one ID, most often hosts that were cloned: remove "
			"/var/lib/docker/engine-id on one of them and restart its engine." },
	{ "timeout", "The host or the network hangs: see whether the host answers at all, then "
		     "what its engine does (journalctl -u docker)." },
	{ "timed out", "The host or the network hangs: see whether the host answers at all, then "
		       "what its engine does (journalctl -u docker)." },
	{ "Cannot connect", "Start the Docker engine of the node (systemctl start docker), and see "
			    "that it listens at this address and that no firewall is between." },
};

const char *advice_for_error(const char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (strcasestr(error, causes[i].says))
			return causes[i].advice;
	}
	return "See whether the host is up and its Docker engine runs (systemctl status docker); "
	       "the log of this manager says when it was lost.";
}
