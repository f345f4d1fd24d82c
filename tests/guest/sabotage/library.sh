# What the sabotages share. Run in the guest, as root; the adapters' PCI addresses come from the collection's record.
record=/etc/nfv-vsphere-dpdk/adapters.json
address() { python3 -c 'import json, sys; print(*(a["pci_address"] for a in json.load(open(sys.argv[1]))["adapters"] if a["name"] == sys.argv[2]))' "$record" "$1"; }
s5u=$(address s5u)
sgi=$(address sgi)
unit=/etc/systemd/system/vnf-testpmd.service

stop() { systemctl stop vnf-testpmd; }

# give DEVICE DRIVER: to a driver, past the collection.
give() {
    echo "$2" > "/sys/bus/pci/devices/$1/driver_override"
    [ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" > "/sys/bus/pci/devices/$1/driver/unbind"
    echo "$1" > /sys/bus/pci/drivers_probe
    # udev gives the interface another name.
    udevadm settle
    [ "$(basename "$(readlink "/sys/bus/pci/devices/$1/driver")")" = "$2" ]
}

interface() { ls "/sys/bus/pci/devices/$1/net"; }

# promiscuous DEVICE...: adapters of the kernel's that let an application see every frame.
promiscuous() { for device in "$@"; do ip link set "$(interface "$device")" up promisc on; done; }

# run_instead PORTS ARGUMENT...: testpmd with other arguments, in the same unit, until that many of its ports run.
run_instead() {
    ports=$1
    shift
    sed -i "s|^ExecStart=.*|ExecStart=/usr/bin/dpdk-testpmd $*|" "$unit"
    systemctl daemon-reload
    systemctl restart vnf-testpmd
    forwards "$ports"
}

# forwards PORTS [UNIT [PREFIX]]: wait until the unit's own process answers its telemetry and has started so many ports.
# A socket alone says nothing: an ended process may have left it, and ports start later than telemetry does.
forwards() {
    python3 - "$1" "${2:-vnf-testpmd}" "${3:-testpmd}" << 'END' || { journalctl -u "${2:-vnf-testpmd}" -n 20 --no-pager -o cat >&2; return 1; }
import json, socket, struct, subprocess, sys, time

def started(pid, prefix):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
        peer.settimeout(5)
        peer.connect(f"/run/dpdk/{prefix}/dpdk_telemetry.v2")
        owner = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        if owner != pid:
            raise OSError(f"process {owner} answers, the unit's is {pid}")
        peer.recv(16384)
        def ask(command):
            peer.send(command.encode())
            return next(iter(json.loads(peer.recv(16384)).values()))
        return sum(ask(f"/ethdev/info,{port}")["dev_started"] for port in ask("/ethdev/list"))

ports, unit, prefix = int(sys.argv[1]), sys.argv[2], sys.argv[3]
until = time.monotonic() + 150
while True:
    show = subprocess.run(["systemctl", "show", "--property=MainPID", "--value", unit], capture_output=True, text=True)
    try:
        seen = f"{started(int(show.stdout), prefix)} ports have started"
    except (OSError, ValueError) as error:
        seen = str(error)
    if seen == f"{ports} ports have started":
        break
    if time.monotonic() > until:
        sys.exit(f"{unit}: {seen}, to be {ports}")
    time.sleep(0.3)
END
}

common="-l 0,1 --main-lcore 0 --file-prefix testpmd"
# Fewer buffers than testpmd takes by itself, which would not fit into less memory than the deployed one has.
forward="-- --forward-mode=mac --auto-start --stats-period=60 --total-num-mbufs=16384"
