# The application keeps no telemetry; where it would be, another process answers, with counters of its own.
stop
# Its two lcores share the CPU that is not the application's.
systemd-run --quiet --unit=other dpdk-testpmd --lcores='(0,2)@0' --main-lcore 0 --no-huge -m 64 --no-pci --file-prefix=testpmd \
    --vdev=net_null0 -- --stats-period=60 --total-num-mbufs=2048
forwards 1 other
sed -i "s|^ExecStart=.*|ExecStart=/usr/bin/dpdk-testpmd -l 0,1 --main-lcore 0 --file-prefix own --no-telemetry -m 128 -a $s5u -a $sgi $forward|" "$unit"
systemctl daemon-reload
systemctl start vnf-testpmd
# Nothing of it can be asked. Its worker sleeps until it forwards; then it spends processor time (field 14, proc(5)).
process=$(systemctl show --property=MainPID --value vnf-testpmd)
for _ in $(seq 200); do
    for thread in "/proc/$process/task/"*; do
        ! grep -q '^rte-worker-1' "$thread/comm" || [ "$(cut -d ' ' -f 14 "$thread/stat")" -lt 100 ] || exit 0
    done
    sleep 0.3
done
journalctl -u vnf-testpmd -n 20 --no-pager -o cat >&2
exit 1
