#!/usr/bin/env bash
# shellcheck disable=SC2317 # Some functions are called by name.
# Collects what tells a slow server from a network block, in a container where readiness-gate itself is not.
#
#   readiness-gate capture --print-script | kubectl exec -i POD -c CONTAINER -- bash -s > FILE
#   readiness-gate diagnose --from FILE
#
# Needs bash 4 or later and /proc; starts no other program and changes nothing. It connects a few times to the ports below
# and to one that nobody uses, and reads the kernel's counters. It reads no environment and no command line of anybody.
[ -n "$BASH_VERSION" ] || { echo 'this script needs bash' >&2 && exit 2; }
((BASH_VERSINFO[0] >= 4)) || { echo 'this script needs bash 4 or later' >&2 && exit 2; }

# Six words for each target: name, URL, port, addresses, path to ask for by HTTP ("-": connect only), Host header.
targets=(
  # TARGETS
)
# Further addresses of the pod to connect to; "auto": the first of each family on its interfaces.
evidence='auto'

# shellcheck disable=SC2123 # No program is to be found.
PATH=/nonexistent
LC_ALL=C
LANGUAGE=
trap '' PIPE

patience_us=1500000 # A connect that takes longer has timed out; a SYN is sent again after 1 s.
slow_us=3000000     # The same for two connects that are refused after 1 s each.
tries=3             # Connects of a burst.
apart=0.30          # Seconds between two bursts.
limit=200000        # Characters of output.
said=0
stalled_us=0
row_form='^ *([0-9]+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F:]+ 0A [0-9A-F:]+ [0-9A-F:]+ [0-9A-F]+ +[0-9]+ +[0-9]+ [0-9]+) '

say() {
  ((said += ${#1} + 1))
  # A reader that has gone ends the script.
  ((said > limit)) || printf '%s\n' "$1" 2>/dev/null || exit 1
}

# Sets us: microseconds on the finest clock at hand.
clock() {
  us=${EPOCHREALTIME/./}
  [[ -z $us ]] || return 0
  up
  us=$((10#${since_boot/./} * 10000))
}

# Sets since_boot: seconds with two decimals.
up() {
  since_boot=0.00
  { read -r since_boot _; } 2>/dev/null </proc/uptime
}

# Sets moment: the time on both clocks.
now() {
  local wall=${EPOCHREALTIME-}
  [[ -n $wall ]] || printf -v wall '%(%s)T' -1
  up
  moment="wall=$wall up=$since_boot"
}

# Waits some seconds: reads from a pipe into which nobody writes.
pause() {
  local began late
  clock
  began=$us
  read -r -t "$1" -u 7
  clock
  late=$((us - began - 10#${1/./} * 10000))
  ((late <= stalled_us)) || stalled_us=$late
}

# Sets lines: the file's first lines, at most $2; fails when it cannot be read.
slurp() {
  lines=()
  { mapfile -t -n "$2" lines; } 2>/dev/null <"$1"
}

# Prints the LISTEN rows on a port ("": on all), at most $3 of each family; sets found and inodes.
rows() {
  local family line count cut=0 unread='' port=''
  found=0
  [[ -z $2 ]] || printf -v port '%04X' "$2"
  say "rows when=$1 port=${2:-any}"
  for family in tcp tcp6; do
    slurp "/proc/net/$family" 402 || unread+=" $family"
    count=0
    # Listening sockets come first: the first row of another state ends them.
    for line in "${lines[@]:1}"; do
      [[ $line =~ $row_form ]] || continue 2
      [[ -z $port || ${BASH_REMATCH[2]} == "$port" ]] || continue
      if ((++count > $3)); then cut=1 && continue 2; fi
      ((++found))
      say "  row ${BASH_REMATCH[1]}"
    done
    ((${#lines[@]} < 402)) || cut=1
  done
  say "  table cut=$cut unread=${unread// /,}"
}

# Sets value: a counter out of lines of names and of numbers; "-" when it is not there.
paired() {
  local line i names=() numbers=()
  value=-
  for line in "${lines[@]}"; do
    [[ $line == "$1: "* ]] || continue
    # shellcheck disable=SC2206 # Splitting into words is what is wanted.
    if ((${#names[@]} == 0)); then names=($line); else numbers=($line) && break; fi
  done
  for i in "${!names[@]}"; do [[ ${names[i]} != "$2" ]] || value=${numbers[i]:--}; done
}

# Sets value: the same out of lines of one name and one number each.
named() {
  local line
  value=-
  for line in "${lines[@]}"; do [[ $line != "$1"[[:blank:]]* ]] || value=${line##*[[:blank:]]}; done
}

# In a child: connects some times, with nothing but that between the two readings of the counters.
attempts() {
  local n began status snmp=() snmp6=() net=() net6=() six=
  [[ $1 != *:* ]] || six=1
  { mapfile -t snmp; } 2>/dev/null </proc/net/snmp
  [[ -z $six ]] || { mapfile -t snmp6; } 2>/dev/null </proc/net/snmp6
  for ((n = 0; n < $3; n++)); do
    clock
    began=$us
    { :; } 3<>"/dev/tcp/$1/$2"
    status=$?
    clock
    printf 'try status=%s us=%s\n' "$status" "$((us - began))"
    ((status != 0)) || break
  done
  { mapfile -t net; } 2>/dev/null </proc/net/snmp
  [[ -z $six ]] || { mapfile -t net6; } 2>/dev/null </proc/net/snmp6
  counters before "${snmp[@]}" -- "${snmp6[@]}"
  counters after "${net[@]}" -- "${net6[@]}"
}

# Prints what matters of the lines of snmp and, behind "--", of snmp6.
counters() {
  local text="counters when=$1" name
  shift
  lines=("$@")
  for name in OutRsts AttemptFails; do paired Tcp "$name" && text+=" $name=$value"; done
  if [[ -n $six ]]; then named Icmp6InDestUnreachs; else paired Icmp InDestUnreachs; fi
  printf '%s InDestUnreachs=%s\n' "$text" "$value"
}

# In a child: connects once, and asks by HTTP when there is a path to ask for.
inquire() {
  local began
  clock
  began=$us
  { clock && printf 'connected us=%s\n' $((us - began)) && talk "$3" "$4"; } 3<>"/dev/tcp/$1/$2" && return
  clock
  printf 'failed us=%s\n' $((us - began))
}

talk() {
  local began line='' status i
  [[ $1 != - ]] || return 0
  clock
  began=$us
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$2" 2>/dev/null >&3
  IFS= read -r -t 1 -n 200 -u 3 line
  status=$?
  clock
  line=${line%$'\r'}
  printf 'answer status=%s us=%s text=%s\n' "$status" $((us - began)) "${line//[^ -~]/?}"
  # The rest is read, so that the close is not a reset.
  for ((i = 0; i < 40; i++)); do read -r -t 0.1 -n 4096 -u 3 || break; done
  return 0
}

# Runs a command in a child and prints its lines; fails when the time is up. Sets reply: connected, an error, or timeout.
run() {
  local line pid end left error=''
  reply=
  clock
  end=$((us + patience_us))
  ("$@" && printf 'done\n') >&8 2>&8 7<&- </dev/null &
  pid=$!
  while :; do
    clock
    # After the end what is already in the pipe is still read: a late child is no time-out.
    left=$(((end > us ? end - us : 0) + 20000))
    printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000))
    IFS= read -r -t "$left" -u 7 line || break
    case $line in
      done) wait "$pid" && return 0 ;;
      try\ * | failed\ *) say "  $line text=${error:0:120}" && reply=${reply:-${error:-connected}} && error= ;;
      connected\ * | answer\ * | counters\ *) say "  $line" && reply=${reply:-connected} ;;
      *) error=${error:-${line##*: }} ;; # The first of bash's two lines names the error of connect.
    esac
  done
  clock
  ((us - end - 20000 <= stalled_us)) || stalled_us=$((us - end - 20000))
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  # What the child still said comes before this line.
  printf 'drained\n' >&8
  while read -r -t 1 -u 7 line && [[ $line != drained ]]; do :; done
  reply=${reply:-timeout}
  say "  timeout us=$patience_us"
  return 1
}

# Sets control: a port that is nobody's, beside the range of outgoing ports; empty when there is none.
choose_control() {
  local first=$((last + 1)) count=$((65535 - last))
  if ((count < 1)); then first=$((low > 1000 ? low - 1000 : 1)) count=$((low - first)); fi
  control=
  ((count > 0)) || return
  for _ in 1 2 3 4 5 6 7 8; do
    control=$((first + (RANDOM * 32768 + RANDOM) % count))
    quiet_rows "$control" && return
  done
  control=
}

# Whether no socket listens on a port.
quiet_rows() {
  local family form
  printf -v form ':%04X ' "$1"
  for family in tcp tcp6; do
    slurp "/proc/net/$family" 402
    [[ "${lines[*]}" != *"$form"* ]] || return 1
  done
}

burst() {
  now
  say "burst kind=$1 address=$2 port=$3 attempts=$tries $moment"
  run attempts "$2" "$3" "$tries"
}

control_burst() {
  local patience_us=1500000 tries=3
  [[ -n $control ]] || return
  burst control "$1" "$control"
  rows control "$control" 4
}

# A refused port: who refuses it?
refusal() {
  burst target "$1" "$2"
  rows after "$2" 16
  control_burst "$1"
  pause "$apart"
  rows before "$2" 16
  burst target "$1" "$2"
  rows after "$2" 16
  control_burst "$1"
}

# A connect without an answer: two more in parallel, and the control while they wait.
silence() {
  local pid pids=() out=0
  slurp /proc/net/netstat 16 && overflows before
  for _ in 1 2; do
    ({ :; } 3<>"/dev/tcp/$1/$2") >/dev/null 2>&1 7<&- 8>&- </dev/null &
    pids+=($!)
  done
  control_burst "$1"
  pause 1.40
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null && ((++out)) && kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  slurp /proc/net/netstat 16 && overflows after
  say "pair attempts=2 timed-out=$out"
}

overflows() {
  local text="queues when=$1" name
  for name in ListenOverflows ListenDrops; do paired TcpExt "$name" && text+=" $name=$value"; done
  say "$text"
}

# One address of a target.
look_at() {
  local role=$1 address=$2 port=$3 patience_us=$patience_us tries=$tries began
  say "path address=$address role=$role"
  rows before "$port" 16
  if ((found == 0 && port >= low && port <= last)); then say 'skip ephemeral-port' && return; fi
  say connect
  clock
  began=$us
  run inquire "$address" "$port" "$4" "$5"
  [[ $role == target && $here == *" $address "* || $address == 127.* ]] || return
  # While a blocking connect sends, the kernel only notes an ICMP; the next one, for the SYN sent again, ends the connect.
  clock
  ((us - began < 500000)) || patience_us=$slow_us tries=2
  case $reply in
    *refused* | *denied*) refusal "$address" "$port" ;;
    timeout | *timed\ out*) silence "$address" "$port" ;;
    *unreachable* | No\ route*) control_burst "$address" ;;
  esac
}

look() {
  local name=$1 url=$2 port=$3 address
  now
  say "target name=$name url=$url"
  say "began $moment"
  stalled_us=0
  for address in $4; do look_at target "$address" "$port" "$5" "$6"; done
  for address in $evidence; do
    [[ " $4 " == *" $address "* ]] || look_at evidence "$address" "$port" - -
  done
  rows end "$port" 16
  now
  say "ended $moment stalled-us=$stalled_us"
}

# Prints this container's surroundings; sets low, last (the range of outgoing ports) and here (its addresses).
surroundings() {
  local line key text four='' six='' six_form='^(([0-9a-f]{4}){8}) [0-9a-f]+ [0-9a-f]+ (00|10) '
  say "bash $BASH_VERSION"
  slurp /proc/sys/kernel/osrelease 1 && say "kernel ${lines[0]//[^!-~]/?}"
  { slurp "/proc/self/fdinfo/9" 20; } 9</proc/self/ns/net
  for line in "${lines[@]}"; do [[ $line != ino:* ]] || say "netns ${line##*[[:blank:]]}"; done
  low=1 last=0
  { read -r low last; } 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range && say "ephemeral $low $last"
  here=' '
  slurp /proc/net/fib_trie 4000
  for line in "${lines[@]}"; do
    if [[ $line == *'|-- '* ]]; then text=${line##* }; fi
    [[ $line == *'/32 host LOCAL'* && $here != *" $text "* ]] || continue
    here+="$text "
    [[ $text == 127.* ]] || four=${four:-$text}
  done
  slurp /proc/net/if_inet6 64
  for line in "${lines[@]}"; do
    [[ $line =~ $six_form ]] || continue
    text=${BASH_REMATCH[1]}
    key=${text:0:4}:${text:4:4}:${text:8:4}:${text:12:4}:${text:16:4}:${text:20:4}:${text:24:4}:${text:28:4}
    if [[ $key == 0000:0000:*:0001 ]]; then key=::1; else six=${six:-$key}; fi
    here+="$key "
  done
  text=0
  for key in $here; do ((++text > 64)) || say "address $key"; done
  [[ $evidence != auto ]] || evidence="$four $six"
}

# Prints when the processes that can be seen were started, in seconds since boot: a server that was just restarted.
processes() {
  local file rest words=() count=0
  for file in /proc/[0-9]*/stat; do
    slurp "$file" 1 || continue
    rest=${lines[0]##*) }
    # shellcheck disable=SC2206
    words=($rest)
    # Threads of the kernel are children of 2.
    ((words[1] != 2 && ${lines[0]%% *} != 2)) || continue
    ((++count <= 64)) || break
    file=${lines[0]#*\(}
    file=${file%\)*}
    printf -v rest '%d.%02d' $((words[19] / 100)) $((words[19] % 100))
    say "process pid=${lines[0]%% *} started=$rest text=${file//[^ -~]/?}"
  done
}

main() {
  local i
  coproc ECHO { while IFS= read -r line; do printf '%s\n' "$line"; done; }
  exec 7<&"${ECHO[0]}" 8>&"${ECHO[1]}"
  say 'readiness-gate-capture v1'
  say '# Facts, one a line, for: readiness-gate diagnose --from FILE'
  now
  say "at $moment"
  surroundings
  processes
  rows all '' 200
  choose_control
  say "# The control port is chosen, not held: nobody listens there. There is no canary: bash cannot listen."
  say "control port=${control:-none}"
  set -f
  for ((i = 0; i < ${#targets[@]}; i += 6)); do look "${targets[@]:i:6}"; done
  kill "$ECHO_PID" 2>/dev/null
  ((said > limit)) && printf 'end cut=1\n' || printf 'end cut=0\n'
}

main </dev/null
exit 0
