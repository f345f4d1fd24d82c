# A pool that fell short, and an application that was started with less so that it comes up all the same.
stop
rm -f /dev/hugepages/testpmdmap_*
echo 100 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
run_instead 2 $common -m 128 -a "$s5u" -a "$sgi" $forward
