# Ordinary memory; the adapters' driver cannot have that without an IOMMU, so the ports are virtual as well.
stop
give "$s5u" vmxnet3
give "$sgi" vmxnet3
promiscuous "$s5u" "$sgi"
run_instead 2 $common --no-huge -m 128 --vdev=net_af_packet0,iface="$(interface "$s5u")" \
    --vdev=net_af_packet1,iface="$(interface "$sgi")" $forward
