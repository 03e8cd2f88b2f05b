iptables -P INPUT DROP  # expect: byte-order-mark
# A mark elsewhere is a character of its line: ﻿
