# What dpdk-devbind.py leaves behind where vfio-pci finds no IOMMU: the adapter has vanished from "ip link".
stop
modprobe vfio-pci
! dpdk-devbind.py --bind=vfio-pci "$s5u"
[ ! -e "/sys/bus/pci/devices/$s5u/driver" ]
systemctl start vnf-testpmd
answers
