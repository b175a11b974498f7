#!/usr/bin/env bash
# Makes the namespaces it was started in into a world, says so, and stays as its first process until standard input
# ends: `bash begin.sh SANDBOX`. The sandbox is the one directory that the world shares with the machine.
set -euo pipefail
sandbox=${1%/}
stage=$sandbox/world

# Its own number as the machine counts: /proc is still the machine's.
read -r pid _ </proc/self/stat

# What is written over the machine's files lies in the stage, and is gone with the namespace.
mount --bind "$sandbox" "$sandbox"
mount -t tmpfs -o mode=755 world "$stage"

private() {
    local place=$1 target=$2 layers=$stage/layers$1
    mkdir -p "$layers"/{upper,work}
    chmod --reference="$place" "$layers/upper"
    mount -t overlay -o "lowerdir=$place,upperdir=$layers/upper,workdir=$layers/work" world "$target"
}

# Of what stays writable, the kernel's own is the machine's anyway, and the rest is mounted over below.
while read -r _ _ _ _ point _; do
    printf -v point %b "$point"
    case $point in
    /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | /tmp/* | "$sandbox" | "$sandbox"/*) ;;
    *) mount -o remount,bind,ro "$point" ;;
    esac
done </proc/self/mountinfo

for place in /etc /var /usr/local; do private $place $place; done
mount -t tmpfs -o mode=755 world /run
mount -t tmpfs -o mode=1777 world /dev/shm
mount -t proc proc /proc
# The links that /sys shows are those of the network it was mounted in.
mkdir "$stage/cgroup"
mount --rbind /sys/fs/cgroup "$stage/cgroup"
mount -t sysfs sysfs /sys
mount --move "$stage/cgroup" /sys/fs/cgroup
# Last, because it hides the stage. What the sandbox is under stays as it was.
mkdir "$stage/tmp"
private /tmp "$stage/tmp"
[ "${sandbox#/tmp/}" = "$sandbox" ] || mount --bind "$sandbox" "$stage/tmp/${sandbox#/tmp/}"
mount --move "$stage/tmp" /tmp

# A machine whose resolver nobody has set up, and where nobody answers yet.
mkdir /run/{dbus,lock,systemd}
rm -rf /etc/{dnsmasq.conf,dnsmasq.d,resolver,resolv.conf,systemd/resolved.conf.d,NetworkManager}
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
printf '%s\n' '127.0.0.1 localhost' '::1 localhost ip6-localhost' >/etc/hosts
sed --in-place 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
ip link set lo up

echo "$pid"
# bash reaps whoever loses its parent. Standard input ends when the test does, however it does.
while read -r _; do :; done
