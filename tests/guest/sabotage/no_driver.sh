# What dpdk-devbind.py leaves behind where vfio-pci finds no IOMMU: the adapter has vanished from "ip link".
stop
modprobe vfio-pci
if dpdk-devbind.py --bind=vfio-pci "$s5u"; then exit 1; fi
[ ! -e "/sys/bus/pci/devices/$s5u/driver" ]
run_instead 1 $common -m 128 -a "$s5u" -a "$sgi" $forward
