# Ports that receive as fast as one asks, and throw away what is sent: the counters are splendid.
run_instead 2 $common -m 128 --no-pci --vdev=net_null0 --vdev=net_null1 $forward
