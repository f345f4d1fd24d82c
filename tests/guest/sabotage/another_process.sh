# The application keeps no telemetry; where it would be, another process answers, with counters of its own.
stop
systemd-run --quiet --unit=other dpdk-testpmd -l 0 --main-lcore 0 --no-huge -m 64 --no-pci --file-prefix=testpmd \
    --vdev=net_null0 -- --stats-period=60 --total-num-mbufs=2048 || true
answers
run_instead -l 0,1 --main-lcore 0 --file-prefix own --no-telemetry -m 128 -a "$s5u" -a "$sgi" $forward
