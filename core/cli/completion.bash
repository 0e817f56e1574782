# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # _vigil_table is in front of this
# Completes vigil's command line, in bash 4.2 and newer. Of bash's own words, which end at "=" and ":", words[] are made that
# end at blanks; where a file or a directory may stand, readline completes it, as it knows how to quote.

# Sets words[] and current, the word that is completed, up to the cursor ($1: its part behind the last "=" or ":").
_vigil_words() {
	local line=$COMP_LINE piece i last=-1

	for ((i = 0; i <= COMP_CWORD; i++)); do
		if [[ $last = -1 || $line = [[:space:]]* ]]; then
			line=${line#"${line%%[![:space:]]*}"}
			words[++last]=
		fi
		piece=${COMP_WORDS[i]}
		line=${line#"$piece"}
		if [[ $i = "$COMP_CWORD" && $piece != [=:]* ]]; then
			piece=$1
		fi
		words[last]+=$piece
	done
	current=${words[last]}
}

# Sets value, what option $2 of command $1 takes ("DIR always never…"; empty: it takes none). A letter is an option, too.
_vigil_value_of() {
	local command name letter

	while read -r command name letter value; do
		if [[ $command = "$1" && ($name = "$2" || $letter = "$2") ]]; then
			return
		fi
	done <<<"$_vigil_table"
	value=
}

# Sets value for the word behind $2, an option of command $1, perhaps several letters in one word.
_vigil_value_behind() {
	local i

	value=
	case $2 in
	--*=*) ;;
	--*) _vigil_value_of "$1" "$2" ;;
	*)
		for ((i = 1; i < ${#2}; i++)); do
			_vigil_value_of "$1" "-${2:i:1}"
			if [[ -n $value ]]; then
				# The rest of the word is the value.
				[[ $((i + 1)) = "${#2}" ]] || value=
				return
			fi
		done
		;;
	esac
}

# Those of the words $2… that begin with $1, for what bash replaces: the part of $current behind $kept.
_vigil_reply() {
	local word

	for word in "${@:2}"; do
		if [[ $word = "$1"* ]]; then
			COMPREPLY+=("${current:0:${#current}-${#1}}$word")
			COMPREPLY[${#COMPREPLY[@]} - 1]=${COMPREPLY[${#COMPREPLY[@]} - 1]#"$kept"}
		fi
	done
}

# Completes $1 as a value: $2 says of which kind, and which words it may be.
_vigil_complete() {
	local kind=${2%% *}

	# shellcheck disable=SC2086  # words
	_vigil_reply "$1" ${2#"$kind"}
	case $kind in
	DIR) compopt -o dirnames ;;
	*FILE) compopt -o default ;;
	COMMAND)
		compopt -o default
		[[ $1 = */* || $1 = '~'* ]] || mapfile -t COMPREPLY < <(compgen -c -- "$1")
		;;
	esac
}

_vigil_options() {
	local command name letter rest

	while read -r command name letter rest; do
		if [[ $command = "$1" && $name = --* ]]; then
			_vigil_reply "$current" "$name"
			[[ $letter = - ]] || _vigil_reply "$current" "$letter"
		fi
	done <<<"$_vigil_table"
}

# Completes the word behind "vigil COMMAND"; words[2] is the first behind the command.
_vigil_arguments() {
	local value operand i only_operands='' word command=${words[1]}

	_vigil_value_of "$command" operands
	operand=$value
	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		value=
		if [[ -n $only_operands || $word != -?* ]]; then
			if [[ $operand = COMMAND ]]; then
				# What COMMAND takes is not known.
				compopt -o default
				return
			fi
		elif [[ $word = -- ]]; then
			only_operands=1
		else
			_vigil_value_behind "$command" "$word"
			[[ -z $value ]] || ((++i))
		fi
	done
	if [[ -n $value && $i = "${#words[@]}" ]]; then
		_vigil_complete "$current" "$value"
	elif [[ -n $only_operands || $current != -* ]]; then
		_vigil_complete "$current" "$operand"
	elif [[ $current = --*=* ]]; then
		_vigil_value_of "$command" "${current%%=*}"
		_vigil_complete "${current#*=}" "$value"
	else
		_vigil_options "$command"
	fi
}

_vigil() {
	local words=() current kept command name IFS=$' \t\n'

	COMPREPLY=()
	_vigil_words "$2"
	kept=${current%"$2"}
	if [[ ${#words[@]} -gt 2 ]]; then
		_vigil_arguments
	elif [[ $current = -* ]]; then
		_vigil_reply "$current" --help --version --bash-completion
	else
		while read -r command name _; do
			[[ $name != operands ]] || _vigil_reply "$current" "$command"
		done <<<"$_vigil_table"
	fi
}

complete -F _vigil vigil
