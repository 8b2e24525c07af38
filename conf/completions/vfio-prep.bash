# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfio-prep(8). Modes, options and formats are what `vfio-prep --help` prints; only a program from
# the path is asked, never one that stands on the line but was not run yet.

# Reads --help into four maps of the caller: operands (of modes), changes (of modes), arguments and notes (of options,
# and of modes); and formats.
_vfio_prep_read_help()
{
	local line heading='' letter name argument note
	local row='^ +(-([a-zA-Z]), )?--([a-z-]+)( ([^ ]+( [^ ]+)*))?  +(.*)$'

	while IFS= read -r line; do
		case $line in
		[![:blank:]]*:) heading=$line ;;
		esac
		if [[ $heading == Formats:* && $line =~ ^\ +([a-z]+)\ +(.*)$ ]]; then
			formats[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
			continue
		fi
		[[ $line =~ $row ]] || continue
		letter=${BASH_REMATCH[2]} name=--${BASH_REMATCH[3]} argument=${BASH_REMATCH[5]} note=${BASH_REMATCH[7]}
		case $heading in
		Modes*change*) operands[$name]=$argument changes[$name]=yes ;;
		Modes*) operands[$name]=$argument ;;
		Options*)
			arguments[$name]=$argument notes[$name]=$note
			[[ -z $letter ]] || letters[-$letter]=$name
			;;
		esac
	done < <(vfio-prep --help 2>/dev/null)
}

# Whether the option goes with the mode.
_vfio_prep_fits()
{
	local note=${notes[$1]}

	[[ -n $mode ]] || return 0
	[[ $note != "of --"* || $note == "of $mode:"* ]] || return 1
	[[ $note != *"(not with $mode)"* ]] || return 1
	[[ $1 != --root || -z ${changes[$mode]} ]]
}

# Adds what begins with the word. compgen -W would expand what stands in a config.
_vfio_prep_offer()
{
	local candidate quoted

	for candidate; do
		[[ $candidate == "$word"* ]] || continue
		printf -v quoted %q "$candidate"
		COMPREPLY+=("$quoted")
	done
}

_vfio_prep_offer_options()
{
	local name

	[[ -n $mode ]] || _vfio_prep_offer "${!operands[@]}"
	[[ -n $mode || $word == -* ]] || return
	for name in "${!arguments[@]}"; do
		[[ -n ${given[$name]} ]] || ! _vfio_prep_fits "$name" || _vfio_prep_offer "$name"
	done
	for name in "${!letters[@]}"; do
		[[ $word != - || -n ${given[${letters[$name]}]} ]] || ! _vfio_prep_fits "${letters[$name]}" ||
			_vfio_prep_offer "$name"
	done
}

_vfio_prep_offer_formats()
{
	local format

	for format in "${!formats[@]}"; do
		[[ -z $mode || $format == text || "${formats[$format]}," == *"$mode,"* ]] && _vfio_prep_offer "$format"
	done
}

# Paths as they were typed, blanks and all.
_vfio_prep_offer_files()
{
	local path

	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		COMPREPLY+=("$path")
	done < <(compgen "$1" -- "$word")
}

_vfio_prep_offer_guests()
{
	local line config=${given[--config]:-${given[--root]}/etc/vfio-prep.conf}
	local section='^[[:blank:]]*\[[[:blank:]]*vm[[:blank:]]+([^][:blank:]/]+)[[:blank:]]*\]'

	config=${config/#\~\//$HOME/}
	[[ -f $config && -r $config ]] || return
	while IFS= read -r line || [[ -n $line ]]; do
		[[ ! $line =~ $section ]] || _vfio_prep_offer "${BASH_REMATCH[1]}"
	done <"$config"
}

# Endpoints that are not on the line yet; in a list for people with their names.
_vfio_prep_offer_devices()
{
	local line address name count=${#COMPREPLY[@]} i
	local -a names=()
	local row='([0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) +[0-9a-f]{4}:[0-9a-f]{4} +[^ ]+ +(.*)$'

	while IFS= read -r line; do
		[[ $line =~ $row ]] || continue
		address=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]}
		[[ $name != *[Bb]ridge:* && -z ${given[$address]}${given[${address#0000:}]} ]] || continue
		[[ $address == "$word"* ]] || address=${address#0000:} # which may be left out
		[[ $address == "$word"* ]] || continue
		COMPREPLY+=("$address")
		names+=("$name")
	done < <(vfio-prep --list --color never ${given[--root]:+--root "${given[--root]}"} 2>/dev/null)
	# 33 and 63: readline lists them, and inserts at most what all of them begin with.
	if [[ $COMP_TYPE == 33 || $COMP_TYPE == 63 ]] && ((${#names[@]} > 1)); then
		for i in "${!names[@]}"; do
			COMPREPLY[count + i]+="  (${names[i]})"
		done
	fi
}

# By what --help calls an argument.
_vfio_prep_offer_values()
{
	local -a values

	case $1 in
	FILE) _vfio_prep_offer_files -f ;;
	DIR) _vfio_prep_offer_files -d ;;
	FORMAT) _vfio_prep_offer_formats ;;
	PID)
		values=(/proc/[1-9]*)
		_vfio_prep_offer "${values[@]##*/}"
		;;
	*NAME* | *ADDR*)
		if [[ $1 == *NAME* && ($1 != *ADDR* || ${given[--format]} == libvirt) ]]; then
			_vfio_prep_offer_guests
		else
			_vfio_prep_offer_devices
		fi
		;;
	*'|'*)
		IFS='|' read -ra values <<<"$1"
		_vfio_prep_offer "${values[@]}"
		;;
	esac
}

_vfio_prep()
{
	local PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
	local -A operands=() changes=() arguments=() notes=() letters=() formats=() given=()
	local -a words=()
	local mode='' word='' option='' name i raw before='' kind=''
	local -i count=0

	COMPREPLY=()
	_vfio_prep_read_help
	# Readline cuts words at each ':' and '=' too: the pieces of an address belong together, an option's do not.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		raw=${COMP_WORDS[i]}
		if [[ ($raw == : || $before == :) && ${#words[@]} -gt 0 ]]; then
			words[-1]+=$raw
		elif [[ $raw != = ]]; then
			words+=("$raw")
		elif ((i == COMP_CWORD)); then
			words+=('')
		fi
		before=$raw
		if [[ $raw == -- && $i -lt $COMP_CWORD ]]; then
			if declare -F _comp_command_offset >/dev/null; then
				_comp_command_offset $((i + 1))
			elif declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			fi
			return
		fi
	done
	word=${words[-1]}
	for name in "${words[@]:0:${#words[@]}-1}"; do
		if [[ -n $option ]]; then
			given[$option]=$name option=''
		elif [[ -n $name && -n ${operands[$name]+is} ]]; then
			mode=$name
		elif [[ $name == -?* ]]; then
			name=${letters[$name]:-$name}
			given[$name]=yes
			[[ -z ${arguments[$name]} ]] || option=$name
		elif [[ -n $name ]]; then
			given[$name]=yes
			count+=1
		fi
	done

	[[ -z $mode ]] || kind=${operands[$mode]}
	if [[ -n $option ]]; then
		_vfio_prep_offer_values "${arguments[$option]}"
	elif [[ $word == -* || -z $mode ]]; then
		_vfio_prep_offer_options
	elif ((count == 0)) || [[ $kind == ADDR* && ${given[--format]} != libvirt ]]; then
		_vfio_prep_offer_values "${kind%% *}"
	elif [[ $kind == *' -- '* ]]; then
		_vfio_prep_offer --
	fi
	[[ ${#COMPREPLY[@]} -gt 0 || -n $word || -n $option || -n $kind ]] || _vfio_prep_offer_options
	# Readline replaces only what stands behind the last ':'.
	if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
		for i in "${!COMPREPLY[@]}"; do
			COMPREPLY[i]=${COMPREPLY[i]#"${word%"${word##*:}"}"}
		done
	fi
} && complete -F _vfio_prep vfio-prep
