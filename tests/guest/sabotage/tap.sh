# As much by the kernel: each adapter in a bridge with a tap device of the application.
stop
give "$s5u" vmxnet3
give "$sgi" vmxnet3
run_instead 2 $common -m 128 --no-pci --vdev=net_tap0,iface=dtap0 --vdev=net_tap1,iface=dtap1 $forward
for pair in "0 $s5u" "1 $sgi"; do
    set -- $pair
    name=$(interface "$2")
    ip link add "br$1" type bridge
    ip link set "dtap$1" master "br$1" up
    ip link set "$name" master "br$1" up
    ip link set "br$1" up
done
