# DPDK's own tool leaves an adapter alone that the routing table uses, says so in passing, and ends with status 0.
stop
give "$s5u" vmxnet3
name=$(interface "$s5u")
ip address add 198.18.1.1/24 dev "$name"
ip link set "$name" up
dpdk-devbind.py --bind=uio_pci_generic "$s5u"
[ "$(basename "$(readlink "/sys/bus/pci/devices/$s5u/driver")")" = vmxnet3 ]
run_instead 1 $common -m 128 -a "$s5u" -a "$sgi" $forward
