# bash completion for swarm

_swarm_files()
{
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen -f -- "$1"))
}

_swarm_words()
{
	COMPREPLY=($(compgen -W "$1" -- "$2"))
}

# An option without its one or two dashes.
_swarm_bare()
{
	local name=${1#-}
	printf '%s' "${name#-}"
}

# What comes after an option that takes a value; fails when there is nothing to offer or when
# the option takes none.
_swarm_value()
{
	case $(_swarm_bare "$1") in
	log-level | l) _swarm_words "debug info warn error fatal panic" "$2" ;;
	log-format) _swarm_words "text json" "$2" ;;
	strategy) _swarm_words "spread binpack random" "$2" ;;
	filter | f)
		_swarm_words "health port containerslots dependency together affinity constraint whitelist" "$2"
		;;
	cluster-driver | c) _swarm_words "swarm" "$2" ;;
	tlscacert | tlscert | tlskey | state-dir | dir | d | audit | fence-command) _swarm_files "$2" ;;
	key-type) _swarm_words "ec rsa" "$2" ;;
	availability) _swarm_words "active pause drain" "$2" ;;
	role) _swarm_words "worker manager" "$2" ;;
	format) _swarm_words "table json" "$2" ;;
	sort) _swarm_words "cpu memory containers name" "$2" ;;
	cluster-opt)
		_swarm_words "swarm.overcommit= swarm.createretry= swarm.apiversion= swarm.together= swarm.volumes= swarm.reschedule-share=" "$2"
		compopt -o nospace 2>/dev/null
		;;
	register | register-opt | host | H | advertise | addr | replication-ttl | engine-refresh-min-interval | \
		engine-refresh-max-interval | engine-failure-retry | engine-refresh-retry | heartbeat | \
		discovery-opt | container-name-refresh-filter | timeout | ttl | delay | url | days | \
		label-add | label-rm | limit | env | e | label | cpu-shares | cpus | memory | publish | p | \
		volume | v | volumes-from | link | network | net | name | platform | gpus)
		COMPREPLY=()
		;;
	*) return 1 ;;
	esac
}

_swarm_options()
{
	local manager="--host --tls --tlsverify --tlscacert --tlscert --tlskey --help"
	case $1 in
	"node ls") printf '%s ' --filter --format --json --quiet $manager ;;
	"node ps") printf '%s ' --filter --format --json --quiet --no-trunc $manager ;;
	"node inspect") printf '%s ' --format --json --pretty $manager ;;
	"node update")
		printf '%s ' --availability --label-add --label-rm --role --detach $manager
		;;
	"node rm") printf '%s ' --force $manager ;;
	"node lost") printf '%s ' $manager ;;
	status) printf '%s ' --watch --json $manager ;;
	top) printf '%s ' --once --json --sort --limit $manager ;;
	place)
		printf '%s ' --explain --json --env --label --cpu-shares --cpus --memory --publish --volume \
			--volumes-from --link --network --name --platform --gpus $manager
		;;
	manage | m)
		printf '%s ' --strategy --filter --host --replication --replication-ttl --advertise \
			--tls --tlscacert --tlscert --tlskey --tlsverify \
			--engine-refresh-min-interval --engine-refresh-max-interval \
			--engine-failure-retry --heartbeat --api-enable-cors --client-memory --cluster-driver \
			--discovery-opt --cluster-opt --refresh-on-node-filter \
			--container-name-refresh-filter --state-dir --audit --fence-command --no-page --page \
			--relay-ports --relay-host --relay-range --dns --dns-domain \
			--register --register-opt --register-dry-run --share-endpoint --help
		;;
	join | j) printf '%s ' --advertise --heartbeat --ttl --delay --discovery-opt --help ;;
	list | l) printf '%s ' --timeout --discovery-opt --help ;;
	create | c) printf '%s ' --url --discovery-opt --help ;;
	cert) printf '%s ' --dir --days --key-type --force --help ;;
	help | h) printf '%s ' --help ;;
	*) printf '%s ' --debug --log-level --log-format --experimental --help --version ;;
	esac
}

# The command on the line so far, with its action where it has some; empty before there is one.
_swarm_command()
{
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-l | --l | -log-level | --log-level | -log-format | --log-format) ((i++)) ;;
		-*) ;;
		*)
			printf '%s' "${COMP_WORDS[i]}"
			if [[ ${COMP_WORDS[i]} == node && $COMP_CWORD -gt $((i + 1)) ]]; then
				printf ' %s' "${COMP_WORDS[i + 1]}"
			fi
			return
			;;
		esac
	done
}

_swarm_argument()
{
	case $1 in
	"") _swarm_words "create list manage join node status top place cert help" "$2" ;;
	help | h) _swarm_words "create list manage join node status top place cert" "$2" ;;
	node) _swarm_words "ls inspect ps update rm lost" "$2" ;;
	cert) _swarm_words "ca server manager client" "$2" ;;
	manage | m | list | l)
		if [[ $2 == //* ]]; then # readline has split "file:" off
			_swarm_files "${2#//}"
			COMPREPLY=("${COMPREPLY[@]/#/\/\/}")
		else
			_swarm_words "nodes:// file:// consul:// etcd:// zk:// token://" "$2"
			compopt -o nospace 2>/dev/null
		fi
		;;
	join | j)
		_swarm_words "consul:// etcd:// zk:// token://" "$2"
		compopt -o nospace 2>/dev/null
		;;
	esac
}

_swarm()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command
	COMPREPLY=()
	command=$(_swarm_command)
	if [[ $previous == -* ]] && _swarm_value "$previous" "$current"; then
		:
	elif [[ $current == -* ]]; then
		_swarm_words "$(_swarm_options "$command")" "$current"
	else
		_swarm_argument "$command" "$current"
	fi
}

complete -F _swarm swarm
