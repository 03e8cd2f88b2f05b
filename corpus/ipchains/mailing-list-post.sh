From: someone in the second row
To: the-list@example.org
Subject: Re: [2.2] web server behind masquerading box
Date: Mon, 12 Jun 2000 21:04:17 +0200

> it does work from inside, but it doesn't from outside.

That's because you deny it two lines before (see below). Here is mine,
cut down to what matters. It isn't pretty, but it works since March:

---8<---
#!/bin/sh
EXTIP=192.0.2.99
INT=192.168.0.0/24

/sbin/ipchains -F
/sbin/ipchains -P input DENY
/sbin/ipchains -P forward DENY
/sbin/ipchains -A input -i lo -j ACCEPT
/sbin/ipchains -A input -i eth1 -s $INT -j ACCEPT
/sbin/ipchains -A input -i eth0 -p tcp -d $EXTIP 80 -j ACCEPT
/sbin/ipchains -A input -i eth0 -p tcp ! -y -d $EXTIP 1024: -j ACCEPT

/usr/sbin/ipmasqadm portfw -a -P tcp -L $EXTIP 80 -R 192.168.0.5 80
/sbin/ipchains -A forward -s $INT -i eth0 -j MASQ
# /sbin/ipchains -A forward -p tcp -s 192.168.0.5 80 -j MASQ
---8<---

You'd have to change the addresses, of course.

> ipchains -A input -p tcp -s 0/0 -d 192.168.0.5 80 -j ACCEPT

This can't match: the input chain sees the outside address. And the last
line of yours is cut off in my reader, is it meant to be

/sbin/ipchains -A input -i eth0 -p tcp -s 0/0 -d 192.0.2.99/32 1024:655
