#!/bin/sh
# Paketfilter für den Rechner im Büro, geändert nach dem Umzug
# (Umlaute wie auf dem alten Rechner: ISO 8859-1)

AUSSEN=ippp0			# die ISDN-Karte
INNEN=eth0			# das Büronetz
NETZ=192.168.17.0/24
UEBERALL=0.0.0.0/0

# zurücksetzen
ipchains -F input; ipchains -F output; ipchains -F forward

# Grundsätze: hinein nichts, hinaus alles, durch nur maskiert
ipchains -P input   DENY
ipchains -P output  ACCEPT
ipchains -P forward MASQ

ipchains -A input -i lo    -j ACCEPT
ipchains -A input -i $INNEN -s $NETZ -j ACCEPT

# gefälschte Absender
ipchains -A input -i $AUSSEN -s $NETZ -j DENY -l

# Antworten für uns, und für die maskierten Rechner (Ports ab 61000)
ipchains -A input -i $AUSSEN -p tcp ! -y -d $UEBERALL 1024: -j ACCEPT
ipchains -A input -i $AUSSEN -p udp -s $UEBERALL 53 -d $UEBERALL 61000: -j ACCEPT
ipchains -A input -i $AUSSEN -p icmp -j ACCEPT

# Gebühren sparen: Windows fragt ständig nach Namen und wählt dabei
ipchains -A output -i $AUSSEN -p udp -d $UEBERALL 137:138 -j REJECT
ipchains -A forward -i $AUSSEN -p tcp -d $UEBERALL 139 -j REJECT

# durch nur vom Büronetz aus, alles andere fällt weg
ipchains -A forward -s ! $NETZ -j DENY

echo "Filter geladen, schönen Tag noch"
