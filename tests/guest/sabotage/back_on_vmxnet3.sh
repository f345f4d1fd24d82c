# Under a running application, which notices nothing.
give "$s5u" vmxnet3
