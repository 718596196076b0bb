# PID 1's child in every container: ends it when the driver is gone. POSIX sh, so that any image will do.
#
# Run as `sh -c "$(cat supervisor.sh)" supervisor SECONDS` by a user of its own; what is tested runs as
# another, and can neither signal it nor write to its files. The driver holds stdin: end of file (it died,
# or closed us) ends the container; so does a whole period of SECONDS without the line `b`.
# `s` asks for the state: how many processes are not ours, how many the kernel killed for memory, and the
# microseconds that processors worked for this container.
set -u
umask 022
cd /
beat=/reasoncli/.beat
trap 'exit 0' TERM INT HUP

: > "$beat"
(
  while sleep "$1"; do
    [ -e "$beat" ] || { kill -TERM $$; exit; }
    rm -f "$beat"
  done
) < /dev/null > /dev/null 2>&1 &

oom_kills() { # cgroup v2 first, then v1
  kills=0
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$file" ] || continue
    while read -r key value; do
      [ "$key" = oom_kill ] && kills=$value
    done < "$file"
    break
  done
}

cpu_time() { # cgroup v2 first, then v1, which counts nanoseconds
  used=0
  if [ -r /sys/fs/cgroup/cpu.stat ]; then
    while read -r key value; do
      [ "$key" = usage_usec ] && used=$value
    done < /sys/fs/cgroup/cpu.stat
  elif [ -r /sys/fs/cgroup/cpuacct/cpuacct.usage ] && read -r value < /sys/fs/cgroup/cpuacct/cpuacct.usage; then
    used=$((value / 1000))
  fi
}

echo ready
while read -r line; do
  case $line in
    b) : > "$beat" ;;
    s)
      others=0
      # A process's folder belongs to its user, whatever the process does to itself.
      for process in /proc/[0-9]*; do
        [ -O "$process" ] || [ ! -e "$process" ] || others=$((others + 1))
      done
      oom_kills
      cpu_time
      echo "state $others $kills $used"
      ;;
  esac
done
