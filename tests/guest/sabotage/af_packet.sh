# Every packet comes through, by the kernel's driver and its interrupts.
stop
give "$s5u" vmxnet3
give "$sgi" vmxnet3
promiscuous "$s5u" "$sgi"
run_instead 2 $common -m 128 --no-pci --vdev=net_af_packet0,iface="$(interface "$s5u")" \
    --vdev=net_af_packet1,iface="$(interface "$sgi")" $forward
