# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfio-prep(8). Modes, options and formats are what `vfio-prep --help` prints; only a program from
# the path is asked, never one that stands on the line but was not run yet.

function __vfio_prep_ask
    set -lx PATH $PATH /usr/local/sbin /usr/sbin /sbin
    command vfio-prep $argv 2>/dev/null
end

# The mode on the line, or nothing.
function __vfio_prep_mode
    for word in (commandline -opc)[2..]
        test "$word" = --; and return
        contains -- $word $__vfio_prep_modes; and echo -- $word; and return
    end
end

# The value that an option (its long and its short form) has on the line, or nothing.
function __vfio_prep_value
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        if contains -- $words[$i] $argv
            set -q words[(math $i + 1)]; and echo -- $words[(math $i + 1)]
            return
        end
        string match -qr -- "^$argv[1]=" $words[$i]; and string replace -r -- '^[^=]*=' '' $words[$i]; and return
    end
end

# Whether an option goes with the mode on the line: the modes it is of, if not of all, and those that it is not of.
function __vfio_prep_takes
    set -l mode (__vfio_prep_mode)
    __vfio_prep_in_command; and return 1
    test -z "$mode"; and return 0
    test -n "$argv[1]" -a "$argv[1]" != "$mode"; and return 1
    not contains -- $mode $argv[2..]
end

# Behind the "--" of --run, where the line is one of another command.
function __vfio_prep_in_command
    contains -- -- (commandline -opc)
end

function __vfio_prep_no_mode
    set -l mode (__vfio_prep_mode)
    test -z "$mode"; and not __vfio_prep_in_command
end

# How many operands stand behind the mode, before the word at the cursor.
function __vfio_prep_operands
    set -l count 0
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word $__vfio_prep_with_argument
            set skip 1
        else if not string match -q -- '-*' $word
            set count (math $count + 1)
        end
    end
    echo $count
end

# Whether the mode on the line is the one given, and as few operands as it may have stand there already.
function __vfio_prep_wants
    set -l mode (__vfio_prep_mode)
    test "$mode" = $argv[1]; and not __vfio_prep_in_command; and test (__vfio_prep_operands) -lt $argv[2]
end

function __vfio_prep_formats
    set -l mode (__vfio_prep_mode)
    for row in $__vfio_prep_formats
        set -l fields (string split -m 1 ' ' -- $row)
        if test -z "$mode"; or test $fields[1] = text; or string match -q -- "*$mode,*" "$fields[2],"
            echo $fields[1]
        end
    end
end

function __vfio_prep_guests
    set -l config (__vfio_prep_value --config -c)
    test -n "$config"; or set config (__vfio_prep_value --root)/etc/vfio-prep.conf
    test -n "$config"; or set config /etc/vfio-prep.conf
    set config (string replace -r '^~/' "$HOME/" -- $config)
    test -f "$config" -a -r "$config"; or return
    string replace -rf '^\s*\[\s*vm\s+([^][\s/]+)\s*\].*' '$1\tguest' <$config
end

# Endpoints with their names; those that stand on the line already are left out.
function __vfio_prep_devices
    set -l given (commandline -opc)
    set -l root (__vfio_prep_value --root)
    set -l options --color never
    test -n "$root"; and set -a options --root $root
    for line in (__vfio_prep_ask --list $options)
        string match -qr '(?<address>[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) +[0-9a-f]{4}:[0-9a-f]{4} +[^ ]+ +(?<name>.*)$' -- $line
        or continue
        string match -qr '[Bb]ridge:' -- $name; and continue
        contains -- $address $given; and continue
        contains -- (string replace -r '^0000:' '' $address) $given; and continue
        printf '%s\t%s\n' $address $name
    end
end

function __vfio_prep_operand_of_suggest
    set -l format (__vfio_prep_value --format)
    if test "$format" = libvirt
        test (__vfio_prep_operands) -eq 0; and __vfio_prep_guests
    else
        __vfio_prep_devices
    end
end

# Options of complete for an argument, by what --help calls it.
function __vfio_prep_action
    test "$argv[1]" = FILE; and string split ' ' -- '-r -F'; and return
    printf '%s\n' -x -a
    switch $argv[1]
        case FORMAT
            echo '(__vfio_prep_formats)'
        case DIR
            echo '(__fish_complete_directories)'
        case PID
            echo '(__fish_complete_pids)'
        case '*ADDR*'
            echo '(__vfio_prep_operand_of_suggest)'
        case '*NAME*'
            echo '(__vfio_prep_guests)'
        case '*|*'
            string replace -a '|' ' ' $argv[1]
    end
end

function __vfio_prep_learn
    set -l heading ''
    set -l changing
    set -g __vfio_prep_modes
    set -g __vfio_prep_formats
    set -g __vfio_prep_with_argument
    complete -c vfio-prep -f
    for line in (__vfio_prep_ask --help)
        string match -qr '^[^ ].*:$' -- $line; and set heading $line
        if string match -q 'Formats:' -- $heading; and string match -qr '^ +(?<format>[a-z]+) +(?<where>.*)$' -- $line
            set -a __vfio_prep_formats "$format $where"
            continue
        end
        string match -qr '^ +(-(?<letter>[a-zA-Z]), )?--(?<name>[a-z-]+)( (?<argument>[^ ]+( [^ ]+)*))?  +(?<note>.*)$' -- $line
        or continue
        switch $heading
            case 'Modes*'
                set -a __vfio_prep_modes --$name
                string match -q '*change*' -- $heading; and set -a changing --$name
                complete -c vfio-prep -n __vfio_prep_no_mode -l $name -d "$note"
                # Without a dash, too, for whoever does not know what there is.
                complete -c vfio-prep -n __vfio_prep_no_mode -a --$name -d "$note"
                test -n "$argument"; or continue
                set -l many 1
                string match -q 'ADDR*' -- $argument; and set many 1000
                complete -c vfio-prep -n "__vfio_prep_wants --$name $many" \
                    (__vfio_prep_action (string split ' ' -- $argument)[1])
                string match -q '* -- *' -- $argument
                and complete -c vfio-prep -n "__vfio_prep_wants --$name 2; and not __vfio_prep_wants --$name 1" -a --
            case 'Options*'
                set -l only (string replace -rf '^of (--[a-z]+):.*' '$1' -- $note)
                set -l never (string replace -rf '.*\(not with (--[a-z]+)\).*' '$1' -- $note)
                test $name = root; and set -a never $changing
                set -l options -n "__vfio_prep_takes '$only' $never" -l $name -d "$note"
                test -n "$letter"; and set -a options -s $letter
                if test -n "$argument"
                    set -a __vfio_prep_with_argument --$name
                    test -n "$letter"; and set -a __vfio_prep_with_argument -$letter
                    set -a options (__vfio_prep_action $argument)
                end
                complete -c vfio-prep $options
        end
    end
    complete -c vfio-prep -n __vfio_prep_in_command -a '(__vfio_prep_command)'
end

function __vfio_prep_command
    set -l words (commandline -opc)
    set -l first (math (contains -i -- -- $words) + 1)
    complete -C (string join ' ' -- (string escape -- $words[$first..]) (commandline -ct))
end

__vfio_prep_learn
