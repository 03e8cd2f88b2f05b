#!/bin/sh
# from the boot floppy of the club: written by somebody who saved blanks
I=ipchains
$I -F
$I -Pinput DENY;$I -Pforward DENY
$I -Ainput -ilo -jACCEPT
$I -Ainput -i lo -jACCEPT
$I -Ainput -i eth0 -s 192.168.44.0/24 -jACCEPT
$I -A input -ptcp -d 0/0 80 -j ACCEPT
$I -Ainput -i ppp0 -p tcp ! -y -jACCEPT
$I -Ainput -i ppp0 -p udp --sport 53 -jACCEPT
$I -Ainput -ieth0 -p udp --dport 67:68 -jDENY
$I -Ainput -lp icmp -jDENY
$I -Ainput -i ppp0 -ylp tcp --dport 113 -jREJECT
$I -Ainput -i ppp0 -s10.0.0.0/8 -jDENY
$I -Ainput -m5 -t01 10 -i eth0 -p tcp --dport 22
$I -Iforward 1 -i ppp0 -s 192.168.44.0/24 -jMASQ
$I -Iforward1 -s 192.168.45.0/24 -jMASQ
