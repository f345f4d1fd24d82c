# Every packet comes through, by the kernel's driver and its interrupts.
stop
give "$s5u" vmxnet3
give "$sgi" vmxnet3
for device in "$s5u" "$sgi"; do ip link set "$(interface "$device")" up promisc on; done
run_instead $common -m 128 --no-pci --vdev=net_af_packet0,iface="$(interface "$s5u")" \
    --vdev=net_af_packet1,iface="$(interface "$sgi")" $forward
