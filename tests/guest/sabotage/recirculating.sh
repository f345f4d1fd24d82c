# testpmd starts with packets of its own, and the two adapters are on one segment: they go round and round.
run_instead 2 $common -m 128 -a "$s5u" -a "$sgi" $forward --tx-first
