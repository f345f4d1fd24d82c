# testpmd starts with packets of its own, and the two adapters are on one segment: they go round and round.
run_instead $common -m 128 -a "$s5u" -a "$sgi" -- --forward-mode=mac --auto-start --tx-first --stats-period=60
