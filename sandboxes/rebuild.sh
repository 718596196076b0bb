# Brings a tree back where the image has no Python for the keeper: everything is removed and unpacked anew. POSIX sh.
#
# Run as `sh -c "$(cat rebuild.sh)" rebuild ROOT TEMPORARY...` by the tested user, with the tree's tar on stdin.
set -u
root=$1

for place in "$@" /dev/mqueue; do
  [ -d "$place" ] || continue
  # One at a time, so that a closed folder is open before find goes down into it.
  find "$place" -type d ! -perm -700 -exec chmod 700 {} \;
  find "$place" -mindepth 1 -delete || exit 1
done
for place in "$@"; do
  [ ! -O "$place" ] || chmod 700 "$place"
done
chmod 755 "$root"

for kind in shm sem msg; do
  lines=0
  while read -r _; do lines=$((lines + 1)); done < "/proc/sysvipc/$kind" 2> /dev/null
  if [ "$lines" -gt 1 ]; then
    echo "System V $kind objects are left in the kernel" >&2
    exit 1
  fi
done

exec tar -xf - -C "$root"
