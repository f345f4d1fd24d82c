# Under a running application. Seen with testpmd 22.11 and uio: it ends, systemd starts it again, and it runs on with the
# one port that is left, a unit as active as before.
give "$s5u" vmxnet3
