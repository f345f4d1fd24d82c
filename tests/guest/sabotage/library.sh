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
    [ "$(basename "$(readlink "/sys/bus/pci/devices/$1/driver")")" = "$2" ]
}

interface() { ls "/sys/bus/pci/devices/$1/net"; }

# run_instead ARGUMENT...: testpmd with other arguments, in the same unit.
run_instead() {
    sed -i "s|^ExecStart=.*|ExecStart=/usr/bin/dpdk-testpmd $*|" "$unit"
    systemctl daemon-reload
    systemctl restart vnf-testpmd
    answers
}

# answers: wait until its telemetry is there.
answers() {
    for _ in $(seq 60); do
        [ ! -S "${1:-/run/dpdk/testpmd/dpdk_telemetry.v2}" ] || return 0
        sleep 1
    done
    journalctl -u vnf-testpmd -n 20 --no-pager -o cat >&2
    return 1
}

common="-l 0,1 --main-lcore 0 --file-prefix testpmd"
forward="-- --forward-mode=mac --auto-start --stats-period=60"
